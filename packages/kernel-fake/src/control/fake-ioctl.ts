import { commandError, formatDeviceNumber } from '@dmthin/domain';
import { Refusal } from '../errno/refusal.ts';
import type { CallKind } from '../fault/call-pattern.ts';
import { type FakeKernel, machineOf } from '../kernel/fake-kernel.ts';
import type { Machine } from '../machine/machine.ts';
import { fromBytes } from '../text/byte-string.ts';
import { commandOf, type IoctlCommand } from './commands.ts';
import { IoctlBuffer } from './ioctl-buffer.ts';
import {
  COMMAND,
  DM_IOCTL,
  FLAG,
  HEADER_SIZE,
  MAXIMUM_SIZE,
  MINIMUM_SIZE,
  NAME_LENGTH,
  OFFSET,
  UUID_LENGTH,
  VERSION,
} from './ioctl-layout.ts';

/** ioctl(2) on the control device of device-mapper; the same seam as the adapter for the real kernel has. */
export type FakeIoctl = (fd: number, request: number, buffer: Uint8Array) => Promise<number>;

/** These take no device, so that their names are not looked at (dm-kernel.md 1.5, step 8). */
const NAMELESS: ReadonlySet<number> = new Set([COMMAND.removeAll, COMMAND.listDevices, COMMAND.listVersions]);

/**
 * The byte-level face of a fake kernel: answers struct dm_ioctl as the real one does, to the padding. Resolves to the
 * return value, 0 but for the odd case; rejects with a DmError that carries the errno. The buffer is what user space
 * has: on failure only its version is written. `fd` is any number; each has its own mark for `poll`.
 */
export function fakeIoctl(kernel: FakeKernel): FakeIoctl {
  const machine = machineOf(kernel);
  return async (_fd, request, user) => {
    const number = request & 0xff;
    try {
      return await ioctl(machine, request, user);
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      throw commandError(kindOf(number, user), subjectOf(user), failure.errno, { cause: failure });
    }
  };
}

/** The order of everything here is visible in which errno wins (dm-kernel.md 1.5). */
async function ioctl(machine: Machine, request: number, user: Uint8Array): Promise<number> {
  if (((request >>> 8) & 0xff) !== DM_IOCTL) throw new Refusal('ENOTTY', 'not an ioctl of device-mapper');
  const number = request & 0xff;
  exchangeVersion(user);
  if (number === COMMAND.version) return 0;
  const command = commandOf(number);
  if (command === undefined) throw new Refusal('ENOTTY', `unknown command ${number}`);
  const buffer = copyIn(command, user);
  validate(number, buffer);
  buffer.dataSize = MINIMUM_SIZE;
  const returned = (await called(machine, command, buffer)) ?? 0;
  if (returned === 0) user.set(buffer.bytes.subarray(0, buffer.dataSize));
  return returned;
}

/** Writes the kernel's version back whatever the caller's is. */
function exchangeVersion(user: Uint8Array): void {
  if (user.length < 12) throw new Refusal('EFAULT', 'the buffer ends inside the version');
  const view = new DataView(user.buffer, user.byteOffset, user.byteLength);
  const major = view.getUint32(OFFSET.version, true);
  const minor = view.getUint32(OFFSET.version + 4, true);
  for (const [part, value] of VERSION.entries()) view.setUint32(OFFSET.version + 4 * part, value, true);
  if (major !== VERSION[0] || minor > VERSION[1])
    throw new Refusal('EINVAL', `ioctl interface mismatch: kernel ${VERSION.join('.')}, user ${major}.${minor}`);
}

function copyIn(command: IoctlCommand, user: Uint8Array): IoctlBuffer {
  if (user.length < MINIMUM_SIZE) throw new Refusal('EFAULT', 'the buffer ends inside the header');
  const given = new DataView(user.buffer, user.byteOffset, user.byteLength).getUint32(OFFSET.dataSize, true);
  if (given < MINIMUM_SIZE || given > MAXIMUM_SIZE)
    throw new Refusal('EINVAL', `Invalid data size in the ioctl structure: ${given}`);
  const size = command.headerOnly ? MINIMUM_SIZE : given;
  if (user.length < size) throw new Refusal('EFAULT', 'the buffer is shorter than it says');
  const bytes = new Uint8Array(Math.max(size, HEADER_SIZE));
  bytes.set(user.subarray(0, size));
  const buffer = new IoctlBuffer(bytes, size);
  if (buffer.has(FLAG.secureData)) user.fill(0, 0, size);
  return buffer;
}

function validate(number: number, buffer: IoctlBuffer): void {
  buffer.clearFlags(FLAG.bufferFull | FLAG.ueventGenerated | FLAG.secureData | FLAG.dataOut);
  if (NAMELESS.has(number)) return;
  const hasName = buffer.bytes[OFFSET.name] !== 0;
  if (number === COMMAND.create && !hasName) throw new Refusal('EINVAL', 'name not supplied when creating device');
  if (number !== COMMAND.create && hasName && buffer.bytes[OFFSET.uuid] !== 0)
    throw new Refusal('EINVAL', 'only supply one of name or uuid');
  buffer.bytes[OFFSET.name + NAME_LENGTH - 1] = 0;
  buffer.bytes[OFFSET.uuid + UUID_LENGTH - 1] = 0;
}

async function called(machine: Machine, command: IoctlCommand, buffer: IoctlBuffer): Promise<number | undefined> {
  machine.time.runDue();
  const { kind } = command;
  if (kind === 'none') return command.run(machine, buffer);
  const succeeded = machine.faults.begin({
    kind: kind === 'suspend-or-resume' ? suspendKind(buffer) : kind,
    device: fromBytes(buffer.name),
    text: () => textOf(command, buffer),
  });
  const returned = await command.run(machine, buffer);
  succeeded?.();
  return returned;
}

function suspendKind(buffer: IoctlBuffer): CallKind {
  return buffer.has(FLAG.suspend) ? 'suspend' : 'resume';
}

/** What a fault pattern looks for: a message's words, or a table's lines as they lie in the buffer. */
function textOf({ kind }: IoctlCommand, buffer: IoctlBuffer): string {
  if (kind !== 'message' && kind !== 'load' && kind !== 'rename') return '';
  const start = kind === 'message' ? buffer.dataStart + 8 : buffer.dataStart;
  return Buffer.from(buffer.bytes.subarray(start)).toString('utf8').replaceAll('\0', ' ').trimEnd();
}

function kindOf(number: number, user: Uint8Array): string {
  const kind = commandOf(number)?.kind ?? 'none';
  if (kind === 'none') return `ioctl ${number}`;
  return kind === 'suspend-or-resume' && user.length >= MINIMUM_SIZE
    ? suspendKind(new IoctlBuffer(user, user.length))
    : kind;
}

/** How the caller named the device: by name, uuid or number. */
function subjectOf(user: Uint8Array): string {
  if (user.length < MINIMUM_SIZE) return '';
  const { name, uuid, dev } = new IoctlBuffer(user, user.length);
  return fromBytes(name !== '' ? name : uuid !== '' ? uuid : formatDeviceNumber(dev));
}
