import type { BlockNode } from '../block/block-node.ts';
import type { PoolTable } from '../pool/pool-table.ts';
import type { OwnDevice } from './own-device.ts';

/** What a status is asked for. */
export interface StatusRequest {
  /** A pool does not commit before it answers. */
  readonly noFlush: boolean;
}

/** A piece of a device below that a target stands on, for the area check; in sectors. */
export interface DeviceArea {
  readonly node: BlockNode;
  readonly start: bigint;
  readonly length: bigint;
}

/** A kind of target, as a table line names it. */
export interface TargetType {
  readonly name: string;
  readonly version: readonly [number, number, number];
  /** Must be the only line of its table (DM_TARGET_SINGLETON). */
  readonly isSingleton?: boolean;
  /** Refuses a read-only table (DM_TARGET_ALWAYS_WRITEABLE). */
  readonly isAlwaysWriteable?: boolean;
  /** A live table of it gives way only to its own kind (DM_TARGET_IMMUTABLE). */
  readonly isImmutable?: boolean;
  /** May replace an immutable target all the same (DM_TARGET_WILDCARD). */
  readonly isWildcard?: boolean;
  /**
   * Makes the target of a table line; opens its devices through `build`.
   * @throws Refusal whatever the kernel's constructor gives; what was opened is then closed by the table.
   */
  create(line: TargetSpec, words: readonly string[], build: TableBuild): Target;
}

/** How a measurement begins (DMEMIT_TARGET_NAME_VERSION). */
export function measuredType({ name, version }: TargetType): string {
  return `target_name=${name},target_version=${version.join('.')}`;
}

/** What a constructor is given: its device, and the means to open others. */
export interface TableBuild {
  readonly device: OwnDevice;
  readonly isReadOnly: boolean;
  /**
   * Opens the device that `text` names, for as long as the table lives; with the table's own mode where none is given.
   * @throws Refusal ENODEV, EOVERFLOW: it names none. ENXIO: no such device. EBUSY: claimed elsewhere.
   */
  open(text: string, mode?: OpenMode): BlockNode;
  readonly pools: PoolTable;
}

export type OpenMode = 'r' | 'rw';

/** A table line as it is loaded. */
export interface TargetSpec {
  readonly start: bigint;
  readonly length: bigint;
  readonly type: string;
  readonly params: string;
}

/**
 * One line of a table at work. `at` and lengths are in bytes, from the target's own start, inside the target. The
 * methods that are left out are what the kernel's target leaves out.
 */
export interface Target {
  readonly type: TargetType;
  /** EOPNOTSUPP for the whole device where one of its targets cannot. */
  readonly canDiscard: boolean;
  /** The whole device has a write cache where one of its targets has. */
  readonly hasWriteCache: boolean;
  /** In bytes: an I/O is cut at its multiples. */
  readonly longestIo?: number;
  /** Its I/O fails before it is counted. */
  readonly failsAtOnce?: boolean;
  read(at: number, into: Uint8Array): void;
  /** `inPages`: see `BlockNode.write`. */
  write(at: number, data: Uint8Array, inPages?: boolean): void;
  discard(at: number, length: number): void;
  flush(): void;
  /** The limits of the devices below are looked at: at a device's first load, and as a table is swapped in (io_hints). */
  takeLimits?(): void;
  /** What it stands on, in the order the kernel goes through. */
  areas(): readonly DeviceArea[];
  status(request: StatusRequest): string;
  tableParams(): string;
  /** What integrity measurements are told (STATUSTYPE_IMA); nothing where it is left out. */
  measurement?(): string;
  /** @throws Refusal the target's answer; its text answer, where it has one. */
  message?(words: readonly string[]): string | undefined;
  /** Before I/O stops and after it has. */
  presuspend?(): void;
  postsuspend?(): void;
  /** Before I/O goes on. @throws Refusal the resume fails with it. */
  preresume?(): void;
  resume?(): void;
  /** The table goes; its devices are closed after this. */
  destroy?(): void;
}
