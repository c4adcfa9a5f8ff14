/** A name in a directory. */
export interface DiskEntry {
  /** For people: bytes that are not UTF-8 are shown as U+FFFD. */
  readonly name: string;
  /** For the disk: the same place, byte for byte. */
  readonly path: string | Buffer;
  readonly kind: 'file' | 'directory' | 'other';
}

/** A file that is open for writing. */
export interface DiskFile {
  /** Writes all of `content` at the start. */
  write(content: Uint8Array): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Content and length last, over a power cut too; the file's name does not yet. */
  sync(): Promise<void>;
  /** How many names the file has, and how many bytes. */
  stat(): Promise<{ readonly links: number; readonly size: number }>;
  close(): Promise<void>;
}

/**
 * What the records need of a file system, one system call a method: small, so that a test can die between any two of
 * them, or take away what was not synced. Rejects with Node's errors (`code: 'ENOSPC'`).
 */
export interface Disk {
  /** Makes the directory and those above it that are missing (0700), and makes them last. */
  makeDirectory(path: string): Promise<void>;
  /** What is in a directory, in no order. */
  list(path: string): Promise<readonly DiskEntry[]>;
  /** A file's bytes, at most `limit` of them; never waits for a writer where the name is a pipe. */
  read(path: string | Buffer, limit: number): Promise<Buffer>;
  /** A new file (0600). EEXIST: the name is taken. */
  create(path: string): Promise<DiskFile>;
  /** A file that exists, to be overwritten in place. */
  edit(path: string): Promise<DiskFile>;
  /** Replaces what `to` was, where it was a file. */
  rename(from: string | Buffer, to: string): Promise<void>;
  /** A second name for a file. */
  link(from: string, to: string): Promise<void>;
  remove(path: string | Buffer): Promise<void>;
  /** The names in a directory last, over a power cut too. */
  syncDirectory(path: string): Promise<void>;
}
