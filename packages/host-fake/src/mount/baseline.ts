import { Buffer } from 'node:buffer';
import type { FileFacts } from './file-facts.ts';

/** A real file, and the inode of the filesystem that it was written from or to. */
export interface KnownFile {
  readonly inode: number;
  readonly facts: FileFacts;
}

/** Extended attributes that were set since the last write-back. */
export interface PendingAttributes {
  readonly birth: bigint;
  readonly values: ReadonlyMap<string, Uint8Array>;
}

/** What a mount's directory was like when it and the device last agreed. */
export class Baseline {
  /** By the real file's inode number. */
  readonly files: Map<bigint, KnownFile>;
  /** Entries, by directory inode, that this user or platform cannot have as real files: kept as they are. */
  readonly hidden: Map<number, Map<string, number>>;
  readonly pending: Map<bigint, PendingAttributes> = new Map();

  constructor(files: Map<bigint, KnownFile> = new Map(), hidden: Map<number, Map<string, number>> = new Map()) {
    this.files = files;
    this.hidden = hidden;
  }

  hide(directory: number, name: string, inode: number): void {
    const names = this.hidden.get(directory) ?? new Map<string, number>();
    this.hidden.set(directory, names.set(name, inode));
  }

  encode(): string {
    return JSON.stringify({
      files: [...this.files.values()].map(({ inode, facts }) => [
        inode,
        facts.kind,
        `${facts.ino}`,
        `${facts.birth}`,
        facts.mode,
        facts.uid,
        facts.gid,
        facts.size,
        `${facts.mtime}`,
        `${facts.ctime}`,
        `${facts.rdev}`,
        `${facts.seen}`,
      ]),
      hidden: [...this.hidden].map(([directory, names]) => [directory, [...names]]),
      pending: [...this.pending].map(([ino, { birth, values }]) => [
        `${ino}`,
        `${birth}`,
        [...values].map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
      ]),
    });
  }

  static decode(text: string): Baseline {
    const saved = JSON.parse(text) as EncodedBaseline;
    const baseline = new Baseline();
    for (const [inode, kind, ino, birth, mode, uid, gid, size, mtime, ctime, rdev, seen] of saved.files) {
      const facts: FileFacts = {
        kind,
        ino: BigInt(ino),
        birth: BigInt(birth),
        mode,
        uid,
        gid,
        size,
        mtime: BigInt(mtime),
        ctime: BigInt(ctime),
        rdev: BigInt(rdev),
        seen: BigInt(seen),
      };
      baseline.files.set(facts.ino, { inode, facts });
    }
    for (const [directory, names] of saved.hidden) baseline.hidden.set(directory, new Map(names));
    for (const [ino, birth, values] of saved.pending)
      baseline.pending.set(BigInt(ino), {
        birth: BigInt(birth),
        values: new Map(values.map(([name, value]) => [name, Uint8Array.from(Buffer.from(value, 'base64'))])),
      });
    return baseline;
  }
}

type EncodedFile = readonly [
  inode: number,
  kind: FileFacts['kind'],
  ino: string,
  birth: string,
  mode: number,
  uid: number,
  gid: number,
  size: number,
  mtime: string,
  ctime: string,
  rdev: string,
  seen: string,
];

interface EncodedBaseline {
  readonly files: readonly EncodedFile[];
  readonly hidden: readonly (readonly [number, readonly (readonly [string, number])[]])[];
  readonly pending: readonly (readonly [string, string, readonly (readonly [string, string])[]])[];
}
