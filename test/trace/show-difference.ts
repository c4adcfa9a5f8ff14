import { errnoName } from '@dmthin/domain';
import type { Answer, Call } from './call.ts';
import { commandName } from './command-names.ts';
import { type Field, showBuffer } from './show-buffer.ts';

/** A call that two machines answered differently. */
export interface Difference {
  /** Of the call in its trace, from 1. */
  readonly number: number;
  readonly call: Call;
  /** The real kernel's. */
  readonly expected: Answer | undefined;
  /** The fake's; an error where it broke. */
  readonly actual: Answer | undefined | Error;
}

/** The call, and both answers decoded side by side, with a mark where they differ. */
export function showDifference({ number, call, expected, actual }: Difference): string {
  if (actual instanceof Error)
    return [`call ${number}: ${showCall(call)}`, 'the fake broke:', actual.stack ?? actual.message].join('\n');
  const real = showAnswer(call, expected);
  const fake = showAnswer(call, actual);
  const names = [...new Set([...real, ...fake].map(([name]) => name))];
  const rows = names.map((name) => [name, valueIn(real, name), valueIn(fake, name)] as const);
  const width = Math.max(10, ...rows.map(([, value]) => value.length));
  return [
    `call ${number}: ${showCall(call)}`,
    `  ${'answer'.padEnd(14)} ${'real kernel'.padEnd(width)}   fake`,
    ...rows.map(
      ([name, one, other]) =>
        `${one === other ? ' ' : '>'} ${name.padEnd(14)} ${one.padEnd(width)} ${one === other ? ' ' : '≠'} ${other}`,
    ),
    ...differingBytes(expected?.buffer, actual?.buffer),
  ].join('\n');
}

/** A call in one line. */
export function showCall(call: Call): string {
  if (call.op !== 'ioctl') return Object.values(call).join(' ');
  const buffer = new Uint8Array(call.size);
  buffer.set(call.given.subarray(0, call.size));
  const command = commandName(call.nr);
  const fields = showBuffer(command, buffer, 'in').filter(([, value]) => !['-', '0', '""', '0:0'].includes(value));
  return [`ioctl ${command ?? call.nr}`, ...fields.map(([name, value]) => `${name}=${value}`)].join(' ');
}

function showAnswer(call: Call, answer: Answer | undefined): readonly Field[] {
  if (answer === undefined) return [];
  const { ret, errno, sha256, buffer } = answer;
  return [
    ['returns', `${ret}${errno === 0 ? '' : ` ${errnoName(errno) ?? errno}`}`],
    ...(sha256 === undefined ? [] : [['sha256', sha256] as const]),
    ...(buffer === undefined || call.op !== 'ioctl' ? [] : showBuffer(commandName(call.nr), buffer, 'out')),
  ];
}

function valueIn(fields: readonly Field[], name: string): string {
  return fields.find((field) => field[0] === name)?.[1] ?? '';
}

/** The first bytes that differ, for what no field shows: padding, and what lies behind the payload. */
function differingBytes(real?: Uint8Array, fake?: Uint8Array): readonly string[] {
  if (real === undefined || fake === undefined) return [];
  const at = real.findIndex((byte, index) => byte !== fake[index]);
  if (at === -1) return [];
  const hex = (bytes: Uint8Array) => Buffer.from(bytes.subarray(at, at + 24)).toString('hex');
  return [`  from byte ${at}: ${hex(real)} ≠ ${hex(fake)}`];
}
