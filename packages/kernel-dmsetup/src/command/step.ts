import type { DeviceName, DeviceUuid } from '@dmthin/domain';
import type { KernelCommand } from '@dmthin/ports';
import { commandLine, createOptions, suspendOptions } from './command-line.ts';
import { tableText } from './table-text.ts';
import { unsigned64 } from './unsigned.ts';

/** A change of a device. */
export type Change =
  | KernelCommand
  | { readonly command: 'rename'; readonly device: DeviceName; readonly to: DeviceName }
  | { readonly command: 'setUuid'; readonly device: DeviceName; readonly uuid: DeviceUuid };

/** One run of dmsetup that changes a device, and what has to be known of it. */
export interface Step {
  /** In the port's words, for errors. */
  readonly operation: string;
  readonly device: DeviceName;
  /** What is changed to, for errors. */
  readonly argument?: string | undefined;
  readonly args: readonly string[];
  readonly stdin: string;
  /** Makes or removes a node under /dev/mapper. */
  readonly isNodeBound?: boolean;
  /** The device is there only if this run succeeds. */
  readonly makes?: boolean;
  /** The device has a live table once this run succeeds. */
  readonly isActivation?: boolean;
}

/**
 * The runs that make the changes, in their order. A device that is made, given a table and resumed, which is every
 * activation, takes one run: `dmsetup create` does the three, and removes the device again where the second or third fails.
 * @throws DmError INVALID_ARGUMENT, NOT_SUPPORTED: what dmsetup cannot be told; nothing was run.
 */
export function stepsOf(changes: readonly Change[]): readonly Step[] {
  const steps: Step[] = [];
  for (let index = 0; index < changes.length; ) {
    const step = activationStep(changes.slice(index, index + 3));
    const change = changes[index];
    if (step !== undefined) steps.push(step);
    else if (change !== undefined) steps.push(stepOf(change));
    index += step === undefined ? 1 : 3;
  }
  return steps;
}

function activationStep([create, load, resume]: readonly Change[]): Step | undefined {
  if (create?.command !== 'create' || load?.command !== 'load' || resume?.command !== 'resume') return undefined;
  const { device } = create;
  if (load.device !== device || resume.device !== device || suspendOptions(resume).length > 0) return undefined;
  // To `create`, an empty table means none; to the kernel it is an error of the load.
  if (load.table.length === 0) return undefined;
  const stdin = tableText(load.table);
  const options = [...createOptions(create), ...(load.readOnly === true ? ['--readonly'] : [])];
  const args = commandLine('create', [device], options);
  return { operation: 'create', device, argument: stdin.trimEnd(), args, stdin, ...ACTIVATION };
}

const ACTIVATION = { isNodeBound: true, makes: true, isActivation: true } as const;

/** @throws DmError INVALID_ARGUMENT, NOT_SUPPORTED: what dmsetup cannot be told. */
function stepOf(change: Change): Step {
  const { command, device } = change;
  const step = (args: readonly string[], rest: Partial<Step> = {}): Step => ({
    operation: command,
    device,
    stdin: '',
    args,
    ...rest,
  });
  switch (change.command) {
    case 'create':
      return step(commandLine('create', [device], ['--notable', ...createOptions(change)]), { makes: true });
    case 'load': {
      const stdin = tableText(change.table);
      const options = change.readOnly === true ? ['--readonly'] : [];
      return step(commandLine('load', [device], options), { stdin, argument: stdin.trimEnd() });
    }
    case 'suspend':
      return step(commandLine('suspend', [device], suspendOptions(change)));
    case 'resume': {
      const options = ['--addnodeonresume', ...suspendOptions(change)];
      return step(commandLine('resume', [device], options), { isNodeBound: true });
    }
    case 'clear':
      return step(commandLine('clear', [device]));
    case 'remove': {
      const options = change.deferred === true ? ['--deferred'] : [];
      return step(commandLine('remove', [device], options), { isNodeBound: true });
    }
    case 'message': {
      // One operand: dmsetup would join several with single spaces.
      const args = commandLine('message', [device, unsigned64(change.sector, 'the sector of a message'), change.text]);
      return step(args, { argument: change.text });
    }
    case 'rename':
      return step(commandLine('rename', [device, change.to]), { argument: change.to, isNodeBound: true });
    case 'setUuid': {
      const args = commandLine('rename', [device, change.uuid], ['--setuuid']);
      return step(args, { operation: 'rename', argument: change.uuid });
    }
  }
}
