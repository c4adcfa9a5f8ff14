import type { MetadataDevice } from '@dmthin/thin-metadata';
import type { Argument, Invocation, Option } from '../../command/command.ts';
import type { Progress } from '../../output/progress.ts';

const BLOCK = 4096;
/** Blocks read between two looks of the bar. */
const SHOWN_EVERY = 64;

export const SOURCE: Argument = {
  name: 'source',
  description: 'a metadata device, or a file that holds a copy of one',
};

export const HELD: Option = {
  name: 'metadata-snap',
  short: 'm',
  description: 'read the metadata snapshot that a running pool holds for user space',
};

/** What the metadata verbs have in common: thin-provisioning-tools' exit status, and no pause that Ctrl-C could use. */
export const LIKE_THE_TOOLS = { exitStatus: 1, isUninterrupted: true } as const;

/** The library, which no other verb needs. */
export const library = (): Promise<typeof import('@dmthin/thin-metadata')> => import('@dmthin/thin-metadata');

/** Opens the source of a verb that only reads it, and shows how much of the metadata in use was read. */
export async function withSource<T>(
  { argument, flag, output }: Invocation,
  label: string,
  use: (device: MetadataDevice) => Promise<T>,
): Promise<T> {
  const { openMetadataFile, readPool } = await library();
  using device = openMetadataFile(argument('source'), { shared: flag('metadata-snap') });
  return await output.bar(label, (progress) => use(watched(device, progress)), usedBytes());

  function usedBytes(): number | undefined {
    try {
      return readPool(device).superblock.metadataSpaceMap.allocated * BLOCK;
    } catch {
      // A bar without an end; whoever uses the device says what is wrong with it.
      return undefined;
    }
  }
}

/** The device, telling of what is read from it. */
export function watched(device: MetadataDevice, progress: Progress): MetadataDevice {
  let reads = 0;
  return {
    get nrBlocks() {
      return device.nrBlocks;
    },
    read(block) {
      if (++reads % SHOWN_EVERY === 0) progress.advance(SHOWN_EVERY * BLOCK);
      return device.read(block);
    },
    write: (block, bytes) => device.write(block, bytes),
    flush: () => device.flush(),
  };
}
