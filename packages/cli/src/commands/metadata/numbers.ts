import { DmError } from '@dmthin/domain';
import type { HeaderOverrides } from '@dmthin/thin-metadata';
import type { Invocation, Option } from '../../command/command.ts';

/** A whole number that an option gives. @throws DmError INVALID_ARGUMENT. */
export function wholeOption({ option }: Pick<Invocation, 'option'>, name: string): bigint | undefined {
  const word = option(name);
  return word === undefined ? undefined : wholeNumber(word, `--${name}`);
}

/** @throws DmError INVALID_ARGUMENT: it is none, or does not fit 64 bits. */
export function wholeNumber(word: string, what: string): bigint {
  if (/^\d{1,19}$/u.test(word)) return BigInt(word);
  throw new DmError('INVALID_ARGUMENT', `${what} ${word}: not a whole number`);
}

export const OVERRIDES: readonly Option[] = [
  { name: 'transaction-id', value: 'NUMBER', description: "the pool's transaction id, whatever the source says" },
  { name: 'data-block-size', value: 'SECTORS', description: 'the size of a data block, whatever the source says' },
  {
    name: 'nr-data-blocks',
    value: 'NUMBER',
    description: 'how many data blocks the pool has, whatever the source says',
  },
];

export function overridesOf(invocation: Invocation): HeaderOverrides {
  const dataBlockSize = wholeOption(invocation, 'data-block-size');
  const dataBlocks = wholeOption(invocation, 'nr-data-blocks');
  return {
    transactionId: wholeOption(invocation, 'transaction-id'),
    dataBlockSize: dataBlockSize === undefined ? undefined : Number(dataBlockSize),
    dataBlocks: dataBlocks === undefined ? undefined : Number(dataBlocks),
  };
}
