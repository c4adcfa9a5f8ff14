import { encodeDevice, parseDeviceNumber } from '@dmthin/domain';
import { COMMAND, encodeHeader, HEADER_SIZE } from '@dmthin/kernel-ioctl';
import { type Call, type IoctlCall, pattern } from '../trace/call.ts';
import type { Action, BringAction, CommandAction, LineAction, Payload, Selector } from './action.ts';

/** libdm's buffer. */
const BUFFER_SIZE = 16_384;
const NAME_AT = 48;
const NAME_SIZE = 128;
const UUID_AT = 176;
const UUID_SIZE = 129;
const SPEC_SIZE = 40;
/** What lies behind the ends of names, and the padding of the header: nobody reads it, but it comes back. */
const UNREAD: readonly (readonly [from: number, to: number])[] = [
  [36, 40],
  [NAME_AT + 1, HEADER_SIZE],
];
/** A number that no device of ours has. */
const NO_MINOR = 99;

/** The number (`major:minor`) of a mapped device, as a scene knows it. */
export type NumberOf = (name: string) => string | undefined;

/** The calls that an action means, where the mapped devices have these numbers. */
export function callsOf(action: Action, major: number, numberOf: NumberOf): readonly Call[] {
  const numbered = (text: string) =>
    text.replace(/<([^>]*)>/gu, (_, name: string) => numberOf(name) ?? `${major}:${NO_MINOR}`);
  switch (action.kind) {
    case 'sleep':
      return [{ op: 'sleep', ms: action.ms }];
    case 'io': {
      const { op, dev, offset, length, seed } = action;
      return [{ op, dev: numbered(dev), offset, length, ...(op === 'write' ? { seed } : {}) }];
    }
    case 'command':
      return [ioctlOf(action, numbered)];
    case 'bring':
      return bringing(action).map((command) => ioctlOf(command, numbered));
  }
}

function bringing({ name, uuid, flags, lines }: BringAction): readonly CommandAction[] {
  const plain = {
    kind: 'command',
    selector: { name },
    flags: 0,
    eventNumber: 0,
    payload: { kind: 'none' },
    oddity: {},
  } as const;
  return [
    { ...plain, nr: COMMAND.create, selector: { name, uuid } },
    { ...plain, nr: COMMAND.load, flags, payload: { kind: 'table', lines, gap: 0 } },
    { ...plain, nr: COMMAND.suspend },
  ];
}

function ioctlOf(action: CommandAction, numbered: (text: string) => string): IoctlCall {
  const { nr, selector, flags, eventNumber, payload, oddity } = action;
  const size = oddity.size ?? BUFFER_SIZE;
  const given = new Uint8Array(Math.max(size, HEADER_SIZE));
  const leftovers =
    oddity.leftovers === undefined ? new Uint8Array(given.length) : pattern(oddity.leftovers, given.length);
  given.set(leftovers);
  const bytes = payloadOf(payload, numbered);
  const start = oddity.dataStart ?? HEADER_SIZE;
  encodeHeader(given, {
    version: oddity.version ?? [4, 0, 0],
    dataSize: Math.min(oddity.dataSize ?? size, size),
    dataStart: start,
    targetCount: oddity.targetCount ?? (payload.kind === 'table' ? payload.lines.length : 0),
    flags,
    eventNumber,
  });
  for (const [from, to] of UNREAD) given.set(leftovers.subarray(from, to), from);
  select(given, selector, numbered);
  if (start < given.length) given.set(bytes.subarray(0, given.length - start), start);
  return { op: 'ioctl', nr, size, given: given.subarray(0, size) };
}

function select(
  given: Uint8Array,
  { name = '', uuid = '', device }: Selector,
  numbered: (text: string) => string,
): void {
  given.set(latin1(`${name}\0`).subarray(0, NAME_SIZE), NAME_AT);
  given.set(latin1(`${uuid}\0`).subarray(0, UUID_SIZE), UUID_AT);
  if (device === undefined) return;
  const number = typeof device === 'bigint' ? device : encodeDevice(parseDeviceNumber(numbered(`<${device}>`)));
  new DataView(given.buffer, given.byteOffset).setBigUint64(40, number, true);
}

function payloadOf(payload: Payload, numbered: (text: string) => string): Uint8Array {
  switch (payload.kind) {
    case 'none':
      return new Uint8Array(0);
    case 'text':
      return latin1(`${payload.text}\0`);
    case 'message': {
      const bytes = latin1(`${'\0'.repeat(8)}${payload.text}\0`);
      new DataView(bytes.buffer).setBigUint64(0, payload.sector, true);
      return bytes;
    }
    case 'table':
      return tableOf(payload.lines, payload.gap, numbered);
  }
}

/** `gap` bytes more than need be lie between the lines. */
function tableOf(lines: readonly LineAction[], gap: number, numbered: (text: string) => string): Uint8Array {
  let at = 0n;
  const specs = lines.map(({ start = at, length, type, params }) => {
    at = BigInt.asUintN(64, start + length);
    const text = latin1(`${numbered(params)}\0`);
    const spec = new Uint8Array(((SPEC_SIZE + text.length + 7) & ~7) + gap);
    const view = new DataView(spec.buffer);
    view.setBigUint64(0, start, true);
    view.setBigUint64(8, length, true);
    view.setUint32(20, spec.length, true);
    spec.set(latin1(type).subarray(0, 16), 24);
    spec.set(text, SPEC_SIZE);
    return spec;
  });
  return Buffer.concat(specs);
}

function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}
