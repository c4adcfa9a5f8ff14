import { commandError, type DeviceName, DmError, explainRefusedLoad, isRefusedLoad } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import { commandLine } from './command/command-line.ts';
import { type Change, type Step, stepsOf } from './command/step.ts';
import type { Dmsetup } from './dmsetup.ts';
import { failureOf, nodeFailureOf } from './failure/failure.ts';
import { columnOptions, parseColumns } from './output/columns.ts';
import { parseTargets } from './output/lists.ts';
import type { RunResult } from './program/run.ts';

/** Makes changes, in as few runs as dmsetup can, and sees to what it leaves open. */
export class Changes {
  readonly #dmsetup: Dmsetup;
  readonly #hasOwnNodes: boolean;
  /** Devices that were seen to have a live table, which none loses before it goes. */
  readonly #live = new Set<DeviceName>();
  readonly #looks = new Map<DeviceName, Promise<unknown>>();

  /** @param hasOwnNodes libdm sees to the nodes under /dev/mapper, not udev. */
  constructor(dmsetup: Dmsetup, hasOwnNodes: boolean) {
    this.#dmsetup = dmsetup;
    this.#hasOwnNodes = hasOwnNodes;
  }

  /** Changes of `device` begin once `look`, which was asked for before them, has seen it. */
  holdFor(device: DeviceName, look: Promise<unknown>): void {
    const seen = Promise.allSettled([this.#looks.get(device), look]).then(() => {
      if (this.#looks.get(device) === seen) this.#looks.delete(device);
    });
    this.#looks.set(device, seen);
  }

  /**
   * Makes the changes in their order, up to the first that fails. The signal counts until the first is begun.
   * @returns what the last of them printed.
   */
  async run(changes: readonly Change[], signal?: CancelSignal): Promise<string> {
    const steps = stepsOf(changes);
    const [first] = steps;
    const refusal = this.#dmsetup.refusal(first ?? { operation: 'sequence' }, signal);
    if (refusal !== undefined) throw refusal;
    let answer = '';
    for (const step of steps) {
      await this.#looks.get(step.device);
      answer = await this.#perform(step).catch((failure: unknown) => this.#explained(failure, changes));
    }
    return answer;
  }

  async #explained(failure: unknown, changes: readonly Change[]): Promise<never> {
    if (!isRefusedLoad(failure)) throw failure;
    const tables = changes.flatMap((change) =>
      change.command === 'load' && change.device === failure.subject ? [change.table] : [],
    );
    const targets = await this.#dmsetup
      .ask({ operation: 'targets' }, commandLine('targets', []))
      .catch(() => undefined);
    throw targets === undefined ? failure : explainRefusedLoad(failure, tables, parseTargets(targets));
  }

  async #perform(step: Step): Promise<string> {
    const result = await this.#dmsetup.run(step.args, step.stdin);
    if (step.operation !== 'message') this.#live.delete(step.device);
    if (result.exitCode !== 0) throw await this.#undone(step, result);
    const nodeFailure = step.isNodeBound === true ? nodeFailureOf(result, step) : undefined;
    if (nodeFailure !== undefined) throw nodeFailure;
    if (step.isActivation === true) this.#live.add(step.device);
    if (step.operation === 'message') await this.#afterMessage(step, result.stdout);
    return result.stdout;
  }

  /**
   * Kernels up to 6.1.176 do nothing with a message for a device without a live table, and answer with a number that
   * libdm takes for success (dm-kernel.md 0.1, 6.1). And a removal that was deferred took the node, which the device
   * that now stays has to have again.
   */
  async #afterMessage({ device, argument = '' }: Step, answer: string): Promise<void> {
    if (argument.trimStart().startsWith('@')) {
      if (this.#hasOwnNodes && /^\s*@cancel_deferred_remove/iu.test(argument))
        await this.#dmsetup.ask({ operation: 'message', device }, commandLine('mknodes', [device]));
    } else if (answer === '' && !this.#live.has(device)) {
      const tables = (await this.#glance(device))?.tables;
      if (tables !== undefined && !hasLive(tables)) throw commandError('message', device, 'EINVAL', { argument });
      this.#live.add(device);
    }
  }

  /** The failure, after what it may have left of a device that was to be made is gone. */
  async #undone(step: Step, result: RunResult): Promise<DmError> {
    const failure = failureOf(result, step);
    if (step.makes !== true || result.signal === undefined) return failure;
    try {
      const { device } = step;
      const left = await this.#glance(device);
      // One that is live, or open, may be in use, and may be another's: it keeps its name to be looked into.
      if (left === undefined || hasLive(left.tables) || left.open !== '0') return failure;
      await this.#dmsetup.ask({ operation: 'remove', device }, commandLine('remove', [device]));
      return failure;
    } catch (undoError) {
      const { code, message, operation, subject, remedy, cause } = failure;
      return new DmError(code, message, { operation, subject, remedy, cause, undoError });
    }
  }

  async #glance(device: DeviceName): Promise<{ readonly tables: string; readonly open: string } | undefined> {
    const attempt = { operation: 'info', device };
    const args = commandLine('info', [device], columnOptions('tables_loaded', 'open'));
    try {
      const [, tables = '', open = ''] = parseColumns(await this.#dmsetup.ask(attempt, args), 2, 'info', device);
      return { tables, open };
    } catch (error) {
      if (!DmError.is(error, 'NOT_FOUND')) throw error;
      return undefined;
    }
  }
}

/** One of `None`, `Live`, `Inactive`, `Both`. */
function hasLive(tables: string): boolean {
  return tables === 'Live' || tables === 'Both';
}
