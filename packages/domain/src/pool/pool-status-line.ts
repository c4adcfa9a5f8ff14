import { DmError } from '../errors/dm-error.ts';
import { quoted } from '../errors/quoted.ts';
import { raise } from '../errors/raise.ts';
import { transactionId } from '../transaction/transaction-id.ts';
import { decimal } from '../units/decimal.ts';
import { dataBlocks, metadataBlocks } from '../units/units.ts';
import type { PoolMode, PoolStatus } from './pool-status.ts';

type Counters = Extract<PoolStatus, { kind: 'ok' }>;

const MODES: readonly PoolMode[] = ['rw', 'ro', 'out_of_data_space'];
const DISCARDS: readonly Counters['discard'][] = ['ignore_discard', 'discard_passdown', 'no_discard_passdown'];
const ON_NO_SPACE: readonly Counters['onNoSpace'][] = ['error_if_no_space', 'queue_if_no_space'];

/**
 * Reads the status of a `thin-pool` target (dm-kernel.md 3.4):
 * `<transaction> <used>/<total metadata> <used>/<total data> <held root|-> <mode> <discard> <no space> <needs_check|-> <low water>`.
 * Words that an older kernel does not print have the only meaning they could have there: Linux 3.2 ends after the held
 * root and is always `rw`, passes discards down and queues. Words after the last are a newer kernel's and are ignored.
 * @throws DmError CORRUPT: not a thin-pool's status.
 */
export function parsePoolStatus(text: string): PoolStatus {
  const words = text.trim().split(/\s+/u);
  if (words.length === 1 && words[0] === 'Fail') return { kind: 'fail' };
  if (words.length === 1 && words[0] === 'Error') return { kind: 'error' };
  const [transaction, metadata, data, heldRoot, mode, discard, onNoSpace, needsCheck, lowWater] = words;
  const malformed = (what: string): DmError => notPoolStatus(text, what);
  return {
    kind: 'ok',
    transactionId: transactionId(decimal(transaction) ?? raise(malformed('transaction id'))),
    metadata: usage(metadata, metadataBlocks) ?? raise(malformed('metadata usage')),
    data: usage(data, dataBlocks) ?? raise(malformed('data usage')),
    heldRoot: heldRoot === '-' ? undefined : metadataBlocks(decimal(heldRoot) ?? raise(malformed('held root'))),
    mode: wordOf(MODES, mode, 'rw') ?? raise(malformed('mode')),
    discard: wordOf(DISCARDS, discard, 'discard_passdown') ?? raise(malformed('discard')),
    onNoSpace: wordOf(ON_NO_SPACE, onNoSpace, 'queue_if_no_space') ?? raise(malformed('no-space')),
    needsCheck: (wordOf(['needs_check', '-'], needsCheck, '-') ?? raise(malformed('needs_check'))) === 'needs_check',
    metadataLowWater:
      lowWater === undefined ? undefined : metadataBlocks(decimal(lowWater) ?? raise(malformed('low water'))),
  };
}

/** The status as the kernel prints it, with its trailing space; without the last word where it is not known. */
export function formatPoolStatus(status: PoolStatus): string {
  if (status.kind === 'fail') return 'Fail';
  if (status.kind === 'error') return 'Error';
  const {
    transactionId: id,
    metadata,
    data,
    heldRoot,
    mode,
    discard,
    onNoSpace,
    needsCheck,
    metadataLowWater,
  } = status;
  const lowWater = metadataLowWater === undefined ? '' : `${metadataLowWater} `;
  return (
    `${id} ${metadata.used}/${metadata.total} ${data.used}/${data.total} ${heldRoot ?? '-'} ` +
    `${mode} ${discard} ${onNoSpace} ${needsCheck ? 'needs_check' : '-'} ${lowWater}`
  );
}

function usage<Blocks>(word: string | undefined, blocks: (count: bigint) => Blocks): UsageOf<Blocks> | undefined {
  const [used, total, ...rest] = word?.split('/').map(decimal) ?? [];
  return used === undefined || total === undefined || rest.length > 0
    ? undefined
    : { used: blocks(used), total: blocks(total) };
}
type UsageOf<Blocks> = { readonly used: Blocks; readonly total: Blocks };

function wordOf<Word extends string>(known: readonly Word[], word: string | undefined, absent: Word): Word | undefined {
  return word === undefined ? absent : known.find((candidate) => candidate === word);
}

function notPoolStatus(text: string, what: string): DmError {
  return new DmError('CORRUPT', `${quoted(text)} is not the status of a thin pool: its ${what} cannot be read`, {
    operation: 'status',
    remedy: 'Check that the device is a thin-pool (dmsetup table NAME) and that its kernel is a known one.',
  });
}
