import { DmError } from '@dmthin/domain';
import type { NodeChange, NodeKeeper } from '../nodes/node-keeper.ts';
import type { DmIoctlHeader } from '../protocol/dm-ioctl-header.ts';
import { FLAG } from '../protocol/flag.ts';
import { type Change, questionOf } from './change.ts';
import type { Question, Transactions } from './transactions.ts';

/** The least time between two looks for devices that a deferred removal took. */
const SWEEP_MS = 1000;

/** Runs changes in their order, and has the nodes under /dev/mapper follow. */
export class Changes {
  readonly #transactions: Transactions;
  readonly #nodes: NodeKeeper;
  /** Devices marked for removal with their last close; the kernel tells nobody when that comes. */
  readonly #marked = new Set<string>();
  #swept = 0;
  /** A device was made and udev not waited for yet. */
  #hasMade = false;

  constructor(transactions: Transactions, nodes: NodeKeeper) {
    this.#transactions = transactions;
    this.#nodes = nodes;
  }

  /** Stops at the first that fails; the nodes of those before it are seen to all the same. */
  async run(changes: readonly Change[]): Promise<void> {
    // Everything is written down before anything is done, so that what cannot be written changes nothing.
    const questions = changes.map((change) => ({ change, question: questionOf(change) }));
    await this.sweep();
    try {
      for (const { change, question } of questions) {
        if (isNodeBound(change)) await this.#keepingNodes(change, question);
        else {
          // The table may name a node that a change before it made.
          if (change.command === 'load') this.#settle();
          await this.#transactions.ask(question, () => undefined);
        }
      }
    } catch (failure) {
      this.#settleAfter(failure);
    }
    this.#settle();
  }

  /** Removes the nodes of devices whose deferred removal has come about. */
  async sweep(always = false): Promise<void> {
    if (this.#marked.size === 0 || (!always && performance.now() - this.#swept < SWEEP_MS)) return;
    this.#swept = performance.now();
    for (const name of this.#marked) if (!(await this.#isMarked(name))) this.#marked.delete(name);
  }

  async #keepingNodes(change: Change, question: Question): Promise<void> {
    // udev looks into a device it has just made, and keeps it from being removed meanwhile.
    if (change.command === 'remove' && this.#hasMade) this.#settle();
    const eventNumber = this.#nodes.announce();
    let header: DmIoctlHeader;
    try {
      const asked = { ...question, header: { ...question.header, eventNumber } };
      header = await this.#transactions.ask(asked, (answer) => answer.header);
    } catch (failure) {
      this.#nodes.done(undefined, false);
      throw failure;
    }
    this.#hasMade ||= change.command === 'resume';
    this.#nodes.done(this.#nodeChange(change, header), (header.flags & FLAG.ueventGenerated) !== 0);
  }

  #nodeChange(change: Change, header: DmIoctlHeader): NodeChange | undefined {
    const { device: name } = change;
    if (change.command === 'rename') return { kind: 'renamed', from: name, to: change.to, number: header.device };
    if (change.command === 'resume') return { kind: 'made', name, number: header.device };
    if (change.command !== 'remove') return undefined;
    if ((header.flags & FLAG.deferredRemove) === 0) return { kind: 'removed', name };
    this.#marked.add(name);
    return undefined;
  }

  async #isMarked(name: string): Promise<boolean> {
    try {
      const question = { command: 'status', header: { name }, operation: 'info', subject: name } as const;
      return await this.#transactions.ask(question, ({ header }) => (header.flags & FLAG.deferredRemove) !== 0);
    } catch (failure) {
      if (!DmError.is(failure, 'NOT_FOUND')) throw failure;
      this.#nodes.announce();
      this.#nodes.done({ kind: 'removed', name }, false);
      this.#nodes.settle();
      return false;
    }
  }

  #settle(): void {
    this.#hasMade = false;
    this.#nodes.settle();
  }

  /** @throws what failed, and with it what the nodes said. */
  #settleAfter(failure: unknown): never {
    try {
      this.#settle();
    } catch (undoError) {
      if (failure instanceof DmError)
        throw new DmError(failure.code, failure.message, { ...failure, cause: failure.cause, undoError });
      throw new AggregateError([failure, undoError], 'a change failed, and its nodes too');
    }
    throw failure;
  }
}

function isNodeBound({ command }: Change): boolean {
  return command === 'resume' || command === 'remove' || command === 'rename' || command === 'setUuid';
}
