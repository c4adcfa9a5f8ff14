import type { GraphDriver } from 'dmthin';
import type { MountJournal } from './mount-journal.ts';
import { type MountUse, takenOver } from './mount-use.ts';

/** Resolves when an answer has been handed to the system (true), or cannot be any more. */
export type Sent = Promise<boolean>;

/** The mounts that dockerd was given, so that a call it makes again, having had no answer, counts once. */
export class GivenMounts {
  readonly #journal: MountJournal;
  readonly #unansweredGets = new Tally();
  readonly #unansweredPuts = new Tally();
  /** Mounts that a dockerd which is gone may have had, or one of its containers that lives on. */
  readonly #found = new Set<string>();

  constructor(journal: MountJournal) {
    this.#journal = journal;
  }

  /** How many users the mounts have that a process before this one left, by what it had written. */
  users(): ReadonlyMap<string, number> {
    const counts = [...this.#journal.read()].map(([id, use]) => [id, takenOver(use, true).users] as const);
    return new Map(counts.filter(([, users]) => users > 0));
  }

  /** A dockerd that lives on is served by a new process. */
  takeOver(driver: GraphDriver): void {
    const mounted = mountedIn(driver);
    const uses = new Map<string, MountUse>();
    for (const [id, use] of this.#journal.read()) {
      const { users, unansweredGets, unansweredPuts } = takenOver(use, mounted.has(id));
      this.#unansweredGets.set(id, unansweredGets);
      this.#unansweredPuts.set(id, unansweredPuts);
      uses.set(id, { users: users - unansweredGets, getting: unansweredGets, putting: unansweredPuts });
      mounted.delete(id);
    }
    for (const id of mounted) uses.set(id, ONE_USER);
    this.#journal.begin(uses);
  }

  /** A new dockerd knows nothing of what was asked before; what is mounted may be a container's that lives on. */
  beginAnew(driver: GraphDriver): void {
    for (const tally of [this.#unansweredGets, this.#unansweredPuts]) tally.clear();
    this.#found.clear();
    for (const id of mountedIn(driver)) this.#found.add(id);
    this.#journal.begin(new Map([...this.#found].map((id) => [id, ONE_USER])));
  }

  /**
   * The layer of the only call of its kind that had no answer. dockerd makes such a call again without its body, which it
   * has sent already (docker-devicemapper.md 11.3).
   */
  unanswered(call: 'get' | 'put'): string | undefined {
    return (call === 'get' ? this.#unansweredGets : this.#unansweredPuts).only();
  }

  async get(driver: GraphDriver, id: string, label: string | undefined, sent: Sent): Promise<string> {
    this.#journal.note('get', id);
    try {
      const directory = await driver.mount(id, label === undefined ? {} : { label });
      if (this.#unansweredGets.take(id)) {
        await driver.unmount(id);
        this.#journal.note('not-got', id);
      }
      void sent.then((isSent) => (isSent ? this.#journal.note('got', id) : this.#unansweredGets.add(id)));
      return directory;
    } catch (error) {
      this.#journal.note('not-got', id);
      throw error;
    }
  }

  async put(driver: GraphDriver, id: string, sent: Sent): Promise<void> {
    const isDone = this.#unansweredPuts.take(id);
    if (!isDone) this.#journal.note('put', id);
    try {
      if (!isDone) await this.#unmount(driver, id);
      void sent.then((isSent) => (isSent ? this.#journal.note('away', id) : this.#unansweredPuts.add(id)));
    } catch (error) {
      this.#journal.note('kept', id);
      throw error;
    }
  }

  /** Where that was the last user, whoever is still counted as one that had no answer had it after all. */
  async #unmount(driver: GraphDriver, id: string): Promise<void> {
    await driver.unmount(id);
    if (driver.layer(id).mountPath === undefined)
      while (this.#unansweredGets.take(id)) this.#journal.note('not-got', id);
  }

  /** dockerd removes what nobody uses: whoever was counted for a mount that was found, or had no answer, is gone. */
  async remove(driver: GraphDriver, id: string): Promise<void> {
    if (this.#found.delete(id) && mountedIn(driver).has(id)) {
      this.#journal.note('put', id);
      await driver.unmount(id);
      this.#journal.note('away', id);
    }
    while (this.#unansweredGets.take(id)) {
      await driver.unmount(id);
      this.#journal.note('not-got', id);
    }
    await driver.remove(id);
  }

  /** All was unmounted. */
  forget(): void {
    this.#journal.remove();
  }

  close(): void {
    this.#journal.close();
  }
}

const ONE_USER: MountUse = { users: 1, getting: 0, putting: 0 };

function mountedIn(driver: GraphDriver): Set<string> {
  return new Set(driver.layers().flatMap(({ id, mountPath }) => (mountPath === undefined ? [] : [id])));
}

/** How many of each. */
class Tally {
  readonly #counts = new Map<string, number>();

  set(id: string, count: number): void {
    if (count > 0) this.#counts.set(id, count);
    else this.#counts.delete(id);
  }

  add(id: string): void {
    this.set(id, (this.#counts.get(id) ?? 0) + 1);
  }

  /** One less; false where there is none. */
  take(id: string): boolean {
    const count = this.#counts.get(id) ?? 0;
    this.set(id, count - 1);
    return count > 0;
  }

  /** What there is one of, where there is nothing else. */
  only(): string | undefined {
    const [[id, count] = [], ...others] = this.#counts;
    return others.length === 0 && count === 1 ? id : undefined;
  }

  clear(): void {
    this.#counts.clear();
  }
}
