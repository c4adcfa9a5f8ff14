import { DmError, type ErrnoName } from '@dmthin/domain';
import { BLOCK_SIZE, type Block } from './block.ts';
import { crc32c } from './crc32c.ts';
import { getU64, setU64 } from './u64.ts';

const CHECKSUM = 0;
const CHECKED_FROM = 4;
/** Every kind of block says here where it lies, so that a misplaced write is seen. */
const OWN_ADDRESS = 8;

/** Writes the block's address and checksum, as is done just before it goes to the device. */
export function seal(block: Block): void {
  setU64(block.view, OWN_ADDRESS, block.number);
  block.view.setUint32(CHECKSUM, checksum(block), true);
}

/**
 * Checks a block that was read, in the kernel's order (the `check` of each dm_block_validator).
 * @throws DmError CORRUPT: ENOTBLK where the block's address is another's, else EILSEQ.
 */
export function verify(block: Block): void {
  const { kind } = block;
  const address = getU64(block.view, OWN_ADDRESS);
  if (address !== block.number) throw damaged(block, 'ENOTBLK', `it says it is block ${address}`);
  const stranger = kind.recognise?.(block);
  if (stranger !== undefined) throw damaged(block, 'EILSEQ', stranger);
  const stored = block.view.getUint32(CHECKSUM, true);
  const wanted = checksum(block);
  if (stored !== wanted) throw damaged(block, 'EILSEQ', `its checksum is ${stored}, not ${wanted}`);
  const wrong = kind.examine?.(block);
  if (wrong !== undefined) throw damaged(block, 'EILSEQ', wrong);
}

function checksum({ view, kind }: Block): number {
  return (crc32c(view, CHECKED_FROM, BLOCK_SIZE) ^ kind.salt) >>> 0;
}

function damaged({ number, kind }: Block, errno: ErrnoName, what: string): DmError {
  return new DmError('CORRUPT', `metadata block ${number} is not a sound ${kind.name}: ${what}`, {
    errno,
    operation: 'read',
    subject: `metadata block ${number}`,
    remedy: 'Take the pool down and check its metadata (thin_check); a repaired copy can be made with thin_repair.',
  });
}
