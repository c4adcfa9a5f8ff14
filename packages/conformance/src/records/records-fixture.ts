import type { Records } from '@dmthin/ports';

/** An implementation of `Records` to be tested. */
export interface RecordsFixture {
  /** A new, empty root. */
  create(): Promise<RecordsRoot>;
}

/** A place where records are kept, apart from whoever has them open. */
export interface RecordsRoot {
  /** Takes the root and opens its records, as a process would that has just started. */
  open(): Promise<Records>;
  /** Where the implementation can be killed between the steps of a change. The suite then kills it between any two. */
  readonly crash?: RecordsCrash;
  /** Throws the root away, whoever has it open. */
  dispose(): Promise<void>;
}

/** How a root loses the process that has it open. */
export interface RecordsCrash {
  /**
   * From now on the root takes `steps` more steps (a write to disk, say) and fails everything after them, as for a
   * process that is dead.
   */
  after(steps: number): void;
  /** Whether a step was refused since `after`. */
  readonly hasHappened: boolean;
  /** Lets the dead process go: the root may be opened again, and has what a crash at that moment leaves. */
  recover(): Promise<void>;
}
