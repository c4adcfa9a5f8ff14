import type { BlockDevice } from '@dmthin/ports';

/** One volume of a group, in extents. */
export interface LogicalVolume {
  readonly name: string;
  readonly first: number;
  readonly count: number;
  /** What a thin pool is made of is not listed, and has the pool's name before its own. */
  readonly kind: 'linear' | 'thin-pool' | 'hidden';
}

export interface GroupMetadata {
  readonly group: string;
  readonly volumes: readonly LogicalVolume[];
  readonly profiles: Readonly<Record<string, { readonly threshold: number; readonly percent: number }>>;
}

/** What is written on a device that is a physical volume; `undefined` in it where it is in no group. */
export interface Label {
  readonly metadata: GroupMetadata | undefined;
}

/** LVM's own place for its label, and the word that it begins with. */
const LABEL_OFFSET = 512n;
const LABEL_WORD = 'LABELONE';
const LABEL_SIZE = 64 * 1024;
/** LVM's defaults. */
export const FIRST_EXTENT: number = 1 << 20;
export const EXTENT_SIZE: number = 4 << 20;

/** The label of a device; undefined where it has none. */
export async function readLabel(device: BlockDevice): Promise<Label | undefined> {
  if (device.size < BigInt(FIRST_EXTENT)) return undefined;
  const text = Buffer.from(await device.read(LABEL_OFFSET, LABEL_SIZE)).toString('utf8');
  if (!text.startsWith(LABEL_WORD)) return undefined;
  const end = text.indexOf('\0');
  return JSON.parse(text.slice(LABEL_WORD.length, end)) as Label;
}

/** Takes the place of whatever had its signature there, as pvcreate wipes it. */
export async function writeLabel(device: BlockDevice, label: Label): Promise<void> {
  await device.write(0n, new Uint8Array(Number(LABEL_OFFSET)));
  const content = Buffer.alloc(LABEL_SIZE);
  content.write(`${LABEL_WORD}${JSON.stringify(label)}`);
  await device.write(LABEL_OFFSET, content);
  await device.flush();
}

export function extentsOf(size: bigint): number {
  return Math.max(0, Number((size - BigInt(FIRST_EXTENT)) / BigInt(EXTENT_SIZE)));
}
