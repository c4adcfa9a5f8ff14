import { DmError } from '@dmthin/domain';

/** What is wrong with content that a pool is to be made of; it leaves as a DmError, with its line where there is one. */
export class ContentFault extends Error {}

export function contentError({ message }: ContentFault, line?: number): DmError {
  const where = line === undefined ? '' : `line ${line}: `;
  return new DmError('INVALID_ARGUMENT', `cannot make a pool of this: ${where}${message}`, {
    operation: 'restore',
    remedy: 'Give it what a dump prints (thin_dump, or dmthin metadata dump), whole and in its order.',
  });
}
