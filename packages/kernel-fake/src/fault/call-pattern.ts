import type { DeviceNumber } from '@dmthin/domain';

/** The calls that can be told to fail: the methods of the kernel port, and I/O on an open block device. */
export type CallKind =
  | 'version'
  | 'targets'
  | 'list'
  | 'info'
  | 'create'
  | 'load'
  | 'resume'
  | 'suspend'
  | 'clear'
  | 'remove'
  | 'removeAll'
  | 'rename'
  | 'setUuid'
  | 'status'
  | 'table'
  | 'deps'
  | 'message'
  | 'waitEvent'
  | 'open'
  | 'read'
  | 'write'
  | 'discard'
  | 'flush';

/** A call as the fault plan sees it. */
export interface Call {
  readonly kind: CallKind;
  /** The mapped device's name, or `major:minor` of a block device that is read or written. */
  readonly device: string;
  /** A message's words, a table's lines, a new name; empty elsewhere. Made only where somebody looks. */
  text(): string;
}

/** Which calls are meant; what is left out fits all. */
export interface CallPattern {
  readonly kind?: CallKind | readonly CallKind[] | undefined;
  readonly device?: string | RegExp | DeviceNumber | undefined;
  /** A piece of the text, or a pattern for it. */
  readonly text?: string | RegExp | undefined;
}

export function fits(pattern: CallPattern, call: Call): boolean {
  const { kind, device, text } = pattern;
  if (kind !== undefined && kind !== call.kind && !(Array.isArray(kind) && kind.includes(call.kind))) return false;
  if (typeof text === 'string' && !call.text().includes(text)) return false;
  if (text instanceof RegExp && !text.test(call.text())) return false;
  if (device === undefined) return true;
  if (device instanceof RegExp) return device.test(call.device);
  return (typeof device === 'string' ? device : `${device.major}:${device.minor}`) === call.device;
}
