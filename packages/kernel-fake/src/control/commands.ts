import type { DeviceKey } from '../device/device-registry.ts';
import type { MappedDevice } from '../device/mapped-device.ts';
import { Refusal } from '../errno/refusal.ts';
import type { CallKind } from '../fault/call-pattern.ts';
import type { Machine } from '../machine/machine.ts';
import { splitWords } from '../table/words.ts';
import { TARGET_TYPES } from '../target/target-types.ts';
import { setGeometry } from './geometry.ts';
import type { IoctlBuffer } from './ioctl-buffer.ts';
import { COMMAND, FLAG, MINIMUM_SIZE, NAME_LENGTH, UUID_LENGTH } from './ioctl-layout.ts';
import { putDeps, putDevices, putStatus, putVersions } from './results.ts';
import { targetSpecs } from './target-specs.ts';

/** What the ioctl returns where it does not fail: 0, but for 6.1.176's 2 (dm-kernel.md 0.1). */
type Returned = number | undefined;

/** A command of the control device (dm-kernel.md 1.3). */
export interface IoctlCommand {
  /** What a fault plan calls it; a suspend and a resume are told apart by a flag. */
  readonly kind: CallKind | 'suspend-or-resume' | 'none';
  /** Only the header is copied in and out. */
  readonly headerOnly: boolean;
  run(machine: Machine, buffer: IoctlBuffer): Returned | Promise<Returned>;
}

function find(machine: Machine, buffer: IoctlBuffer): MappedDevice {
  const { name, uuid } = buffer;
  const key: DeviceKey = {
    name: name === '' ? undefined : name,
    uuid: uuid === '' ? undefined : uuid,
    number: buffer.hasDev ? buffer.dev : undefined,
  };
  const device = machine.devices.lookup(key);
  buffer.found(device);
  return device;
}

function suspendFlags(buffer: IoctlBuffer): { readonly noFlush: boolean; readonly skipLockfs: boolean } {
  return { noFlush: buffer.has(FLAG.noFlush), skipLockfs: buffer.has(FLAG.skipLockfs) };
}

/** A payload string of RENAME, TARGET_MSG and SET_GEOMETRY; `skip` bytes come before it. */
function payload(buffer: IoctlBuffer, skip = 0): string {
  if (buffer.dataStart < MINIMUM_SIZE) throw new Refusal('EINVAL', 'a payload that lies over the header');
  return buffer.terminated(buffer.dataStart + skip);
}

function suspendOrResume(machine: Machine, buffer: IoctlBuffer): Returned | Promise<Returned> {
  const device = find(machine, buffer);
  if (buffer.has(FLAG.suspend)) {
    const suspended = machine.suspend(device, suspendFlags(buffer));
    if (suspended !== undefined)
      return suspended.then(() => {
        buffer.fill(device);
        return undefined;
      });
    buffer.fill(device);
    return undefined;
  }
  buffer.clearFlags(FLAG.inactivePresent);
  const resumed = machine.resume(device, suspendFlags(buffer));
  const answer = ({ wasSuspended }: { readonly wasSuspended: boolean }): undefined => {
    if (wasSuspended && device.isRegistered) buffer.setFlags(FLAG.ueventGenerated);
    buffer.fill(device);
  };
  return resumed instanceof Promise ? resumed.then(answer) : answer(resumed);
}

/** The status or table lines of the table that was asked for. */
function retrieve(machine: Machine, buffer: IoctlBuffer, device: MappedDevice): void {
  buffer.fill(device);
  const table = machine.table(device, buffer.has(FLAG.queryInactive) ? 'inactive' : 'live');
  if (table !== undefined) putStatus(buffer, table, buffer.results(machine.traits.clampsDataStart));
}

function wait(machine: Machine, buffer: IoctlBuffer): Returned | Promise<Returned> {
  const device = find(machine, buffer);
  const seen = buffer.eventNumber;
  const answer = (): undefined => {
    retrieve(machine, buffer, device);
  };
  if (device.eventNumber !== seen) return answer();
  return new Promise((resolve) => {
    const stopWaiting = device.onWake(() => {
      if (device.eventNumber === seen && !device.isGone) return;
      stopWaiting();
      resolve(answer());
    });
  });
}

function message(machine: Machine, buffer: IoctlBuffer): Returned {
  const offset = buffer.dataStart;
  const { start, room } = buffer.results(machine.traits.clampsDataStart);
  const device = find(machine, buffer);
  if (offset < MINIMUM_SIZE) throw new Refusal('EINVAL', 'a payload that lies over the header');
  const text = buffer.terminated(offset + 8);
  const sector = buffer.view.getBigUint64(offset, true);
  const result = machine.message(device, sector, text, room);
  if (result === 'returns-2') return 2;
  buffer.fill(device);
  if (result.answer === undefined) return undefined;
  buffer.setFlags(FLAG.dataOut);
  const answer = result.answer === '' ? leftThere(buffer, offset + 8, text, start, room) : result.answer;
  if (answer.length + 1 >= room) buffer.setFlags(FLAG.bufferFull);
  else {
    buffer.putString(start, answer);
    buffer.dataSize = buffer.dataStart + answer.length + 1;
  }
  return undefined;
}

/**
 * What goes back where a message has an answer but writes none: what the caller gave lies there, with the first word
 * of the message cut off, since the kernel takes it apart where it is.
 */
function leftThere(buffer: IoctlBuffer, at: number, text: string, start: number, room: number): string {
  const [first = ''] = splitWords(text);
  buffer.putString(at + text.length - text.trimStart().length, first);
  return buffer.string(start, room);
}

function remove(machine: Machine, buffer: IoctlBuffer): Returned {
  const device = find(machine, buffer);
  if (machine.remove(device, buffer.has(FLAG.deferredRemove)) === 'deferred') return undefined;
  buffer.clearFlags(FLAG.deferredRemove);
  if (device.isRegistered) buffer.setFlags(FLAG.ueventGenerated);
  return undefined;
}

function rename(machine: Machine, buffer: IoctlBuffer): Returned {
  const changesUuid = buffer.has(FLAG.uuid);
  const to = payload(buffer);
  if (to === '' || to.length > (changesUuid ? UUID_LENGTH : NAME_LENGTH) - 1)
    throw new Refusal('EINVAL', 'Invalid new mapped device name or uuid string supplied.');
  const device = changesUuid ? machine.setUuid(buffer.name, to) : machine.rename(buffer.name, to);
  if (device.isRegistered) buffer.setFlags(FLAG.ueventGenerated);
  buffer.fill(device);
  return undefined;
}

function list(machine: Machine, buffer: IoctlBuffer): Returned {
  const { name, uuid } = buffer;
  const devices = machine.devices.sorted();
  const wanted =
    name === '' && uuid === ''
      ? devices
      : devices.filter((device) => device.name.startsWith(name) && device.uuid.startsWith(uuid));
  putDevices(buffer, wanted, buffer.results(machine.traits.clampsDataStart));
  return undefined;
}

const COMMANDS: Readonly<Record<number, IoctlCommand>> = {
  [COMMAND.removeAll]: {
    kind: 'removeAll',
    headerOnly: true,
    run: (machine, buffer) => {
      machine.removeAll(buffer.has(FLAG.deferredRemove));
      buffer.dataSize = 0;
      return undefined;
    },
  },
  [COMMAND.listDevices]: { kind: 'list', headerOnly: false, run: list },
  [COMMAND.create]: {
    kind: 'create',
    headerOnly: true,
    run: (machine, buffer) => {
      const minor = buffer.has(FLAG.persistentDev) ? buffer.dev.minor : undefined;
      const device = machine.create(buffer.name, buffer.uuid, minor);
      buffer.clearFlags(FLAG.inactivePresent);
      buffer.fill(device);
      return undefined;
    },
  },
  [COMMAND.remove]: { kind: 'remove', headerOnly: true, run: remove },
  [COMMAND.rename]: { kind: 'rename', headerOnly: false, run: rename },
  [COMMAND.suspend]: { kind: 'suspend-or-resume', headerOnly: true, run: suspendOrResume },
  [COMMAND.status]: {
    kind: 'info',
    headerOnly: true,
    run: (machine, buffer) => {
      buffer.fill(find(machine, buffer));
      return undefined;
    },
  },
  [COMMAND.wait]: { kind: 'waitEvent', headerOnly: false, run: wait },
  [COMMAND.load]: {
    kind: 'load',
    headerOnly: false,
    run: (machine, buffer) => {
      const device = find(machine, buffer);
      machine.load(device, targetSpecs(buffer), buffer.has(FLAG.readOnly), () => {
        buffer.setFlags(FLAG.inactivePresent);
        buffer.fill(device);
      });
      return undefined;
    },
  },
  [COMMAND.clear]: {
    kind: 'clear',
    headerOnly: true,
    run: (machine, buffer) => {
      const device = find(machine, buffer);
      machine.clear(device, () => {
        buffer.clearFlags(FLAG.inactivePresent);
        buffer.fill(device);
      });
      return undefined;
    },
  },
  [COMMAND.deps]: {
    kind: 'deps',
    headerOnly: false,
    run: (machine, buffer) => {
      const device = find(machine, buffer);
      buffer.fill(device);
      const table = machine.table(device, buffer.has(FLAG.queryInactive) ? 'inactive' : 'live');
      if (table !== undefined) putDeps(buffer, table, buffer.results(machine.traits.clampsDataStart));
      return undefined;
    },
  },
  [COMMAND.tableStatus]: {
    kind: 'status',
    headerOnly: false,
    run: (machine, buffer) => {
      retrieve(machine, buffer, find(machine, buffer));
      return undefined;
    },
  },
  [COMMAND.listVersions]: {
    kind: 'targets',
    headerOnly: false,
    run: (machine, buffer) => {
      putVersions(buffer, TARGET_TYPES, buffer.results(machine.traits.clampsDataStart));
      return undefined;
    },
  },
  [COMMAND.message]: { kind: 'message', headerOnly: false, run: message },
  [COMMAND.setGeometry]: {
    kind: 'none',
    headerOnly: false,
    run: (machine, buffer) => {
      setGeometry(find(machine, buffer), payload(buffer));
      buffer.dataSize = 0;
      return undefined;
    },
  },
  [COMMAND.armPoll]: { kind: 'none', headerOnly: true, run: () => undefined },
  [COMMAND.targetVersion]: {
    kind: 'targets',
    headerOnly: false,
    run: (machine, buffer) => {
      const type = machine.targetType(buffer.name);
      if (type === undefined) throw new Refusal('EINVAL', `there is no target type ${buffer.name}`);
      putVersions(buffer, [type], buffer.results(machine.traits.clampsDataStart));
      return undefined;
    },
  },
};

export function commandOf(number: number): IoctlCommand | undefined {
  return COMMANDS[number];
}
