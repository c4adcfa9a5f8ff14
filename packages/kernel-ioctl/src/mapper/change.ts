import type { DeviceName, DeviceUuid } from '@dmthin/domain';
import type { KernelCommand, StatusOptions, SuspendOptions } from '@dmthin/ports';
import { FLAG } from '../protocol/flag.ts';
import { encodeTargetSpecs } from '../protocol/target-spec.ts';
import { encodeTargetMessage, encodeText } from '../protocol/text-payload.ts';
import type { Question } from './transactions.ts';

/** A command that changes a device. */
export type Change =
  | KernelCommand
  | { readonly command: 'rename'; readonly device: DeviceName; readonly to: DeviceName }
  | { readonly command: 'setUuid'; readonly device: DeviceName; readonly uuid: DeviceUuid };

/** How a change is put to the kernel. @throws DmError INVALID_ARGUMENT: something that cannot be written down. */
export function questionOf(change: Change): Question {
  const { command: operation, device: name } = change;
  const asked = { operation, subject: name };
  switch (change.command) {
    case 'create': {
      const uuid = change.uuid ?? '';
      if (change.minor === undefined) return { ...asked, command: 'create', header: { name, uuid } };
      // The kernel takes the minor of it only; the major is its own.
      const device = { major: 0, minor: change.minor };
      return { ...asked, command: 'create', header: { name, uuid, flags: FLAG.persistentDevice, device } };
    }
    case 'load':
      return {
        ...asked,
        command: 'load',
        header: { name, targetCount: change.table.length, flags: change.readOnly === true ? FLAG.readOnly : 0 },
        payload: encodeTargetSpecs(change.table, 'load'),
        argument: change.table.map((line) => `${line.start} ${line.length} ${line.type} ${line.params}`).join('\n'),
      };
    case 'suspend':
      return { ...asked, command: 'suspend', header: { name, flags: FLAG.suspend | suspendFlags(change) } };
    case 'resume':
      return { ...asked, command: 'suspend', header: { name, flags: suspendFlags(change) } };
    case 'clear':
      return { ...asked, command: 'clear', header: { name } };
    case 'remove':
      return {
        ...asked,
        command: 'remove',
        header: { name, flags: change.deferred === true ? FLAG.deferredRemove : 0 },
      };
    case 'message':
      return {
        ...asked,
        command: 'message',
        header: { name },
        payload: encodeTargetMessage({ sector: change.sector, text: change.text }),
        hasAnswer: true,
        argument: change.text,
      };
    case 'rename':
      return { ...asked, command: 'rename', header: { name }, payload: encodeText(change.to), argument: change.to };
    case 'setUuid':
      return {
        ...asked,
        operation: 'rename',
        command: 'rename',
        header: { name, flags: FLAG.uuid },
        payload: encodeText(change.uuid),
        argument: change.uuid,
      };
  }
}

/** The flags of a question about the live or the inactive table. */
export function tableFlags(options: StatusOptions | undefined): number {
  return (options?.inactive === true ? FLAG.queryInactive : 0) | (options?.noFlush === true ? FLAG.noFlush : 0);
}

function suspendFlags(options: SuspendOptions): number {
  return (options.noFlush === true ? FLAG.noFlush : 0) | (options.skipLockfs === true ? FLAG.skipLockfs : 0);
}
