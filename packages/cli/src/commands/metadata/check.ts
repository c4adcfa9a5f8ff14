import { DmError } from '@dmthin/domain';
import type { CheckPhase, Fault } from '@dmthin/thin-metadata';
import type { Command, Invocation } from '../../command/command.ts';
import { HELD, LIKE_THE_TOOLS, library, SOURCE, withSource } from './metadata-source.ts';
import { wholeOption } from './numbers.ts';

const PHASES: Readonly<Record<CheckPhase, string>> = {
  superblock: 'examining superblock',
  devices: 'examining devices tree',
  'top level of mappings': 'examining top level of mapping tree',
  mappings: 'examining mapping tree',
  'space maps': 'checking space map counts',
};

export const check: Command = {
  ...LIKE_THE_TOOLS,
  name: 'metadata check',
  summary: "look for all that is wrong with a pool's metadata, as thin_check does",
  description:
    'Each fault is told with its metadata block and what it leads to. Exits with 0 where nothing is wrong, else with 1. Notes, on counters of a space map that are inexact, are no faults.',
  arguments: [SOURCE],
  options: [
    { name: 'quiet', short: 'q', description: 'say nothing, but by the exit status' },
    HELD,
    { name: 'auto-repair', description: 'give space back that leaked, where nothing worse was found' },
    {
      name: 'override-mapping-root',
      value: 'BLOCK',
      description: 'take this metadata block for the root of all mappings',
    },
    { name: 'clear-needs-check-flag', description: "clear the pool's needs_check flag where nothing is wrong" },
    { name: 'ignore-non-fatal-errors', description: 'exit with 0 where no more is wrong than leaked space' },
    { name: 'skip-mappings', description: 'look at the devices, but not at what they map' },
    { name: 'super-block-only', description: 'look at the superblock and nothing else' },
  ],
  json: '`{transactionId, freeMetadataBlocks, faults}`, faults an array of `{place, block, blocks, finding, consequence, severity}`, the severity one of `fatal`, `minor`, `note`',
  examples: ['dmthin metadata check /dev/vg/pool_tmeta', 'dmthin metadata check --json copy-of-metadata'],
  async run(invocation) {
    const { flag, settings, exitWith } = invocation;
    const isQuiet = flag('quiet');
    const say = isQuiet || settings.json ? () => {} : (line: string) => void process.stderr.write(`${line}\n`);
    let faults: readonly Fault[];
    try {
      faults = await withSource(invocation, 'check', (device) => examine(invocation, device, say));
    } catch (error) {
      if (!isQuiet || !DmError.is(error)) throw error;
      return exitWith(1);
    }
    const isFatal = faults.some(({ severity }) => severity === 'fatal');
    const isMinor = faults.some(({ severity }) => severity === 'minor');
    if (!isFatal && isMinor && flag('auto-repair')) await mend(invocation, faults, say);
    else if (isFatal || (isMinor && !flag('ignore-non-fatal-errors'))) return exitWith(1);
    if (flag('clear-needs-check-flag')) await clearFlag(invocation);
  },
};

async function examine(
  invocation: Invocation,
  device: Parameters<Awaited<ReturnType<typeof library>>['checkMetadata']>[0],
  say: (line: string) => void,
): Promise<readonly Fault[]> {
  const { checkMetadata, readPool } = await library();
  const { flag, output, settings } = invocation;
  const root = wholeOption(invocation, 'override-mapping-root');
  const faults = checkMetadata(device, {
    superblockOnly: flag('super-block-only'),
    skipMappings: flag('skip-mappings'),
    held: flag('metadata-snap'),
    mappingRoot: root === undefined ? undefined : Number(root),
    onPhase: (phase) => say(PHASES[phase]),
  });
  for (const fault of faults) say(`  ${described(fault)}`);
  const isLost = faults.some(
    ({ place, consequence }) => place === 'superblock' && consequence === 'the whole pool is lost',
  );
  const superblock = isLost ? undefined : readPool(device).superblock;
  const { blocks = 0, allocated = 0 } = superblock?.metadataSpaceMap ?? {};
  if (settings.json || (superblock !== undefined && !flag('quiet')))
    await output.answer(
      { transactionId: superblock?.transactionId, freeMetadataBlocks: blocks - allocated, faults },
      () => `TRANSACTION_ID=${superblock?.transactionId}\nMETADATA_FREE_BLOCKS=${blocks - allocated}`,
    );
  return faults;
}

function described({ place, block, blocks, finding, consequence, severity }: Fault): string {
  const unit = place === 'data space map' ? 'block' : 'metadata block';
  const where =
    block === undefined ? place : `${place}, ${unit} ${block}${blocks > 1 ? ` to ${block + blocks - 1}` : ''}`;
  return `${severity === 'note' ? 'note: ' : ''}${where}: ${finding}\n    ${consequence}`;
}

async function mend({ argument }: Invocation, faults: readonly Fault[], say: (line: string) => void): Promise<void> {
  const { openMetadataFile, repairLeaks } = await library();
  using device = openMetadataFile(argument('source'), { write: true });
  const mended = repairLeaks(device);
  say(`repaired ${mended} of ${faults.length} faults`);
}

async function clearFlag({ argument }: Invocation): Promise<void> {
  const { clearNeedsCheck, openMetadataFile } = await library();
  using device = openMetadataFile(argument('source'), { write: true });
  clearNeedsCheck(device);
}
