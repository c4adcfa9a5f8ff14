/**
 * A path as a string, or as the bytes the file system has: a layer may hold names that are not UTF-8, and they must
 * come through unharmed.
 */
export type FilePath = string | Uint8Array;

/** What a layer's tar can carry that a platform's ordinary file calls cannot set or read. */
export interface FileAttributes {
  /**
   * Makes a character or block device, or a fifo.
   * @throws DmError NOT_PERMITTED (EPERM): not this user. ALREADY_EXISTS (EEXIST).
   */
  makeNode(
    path: FilePath,
    node: {
      readonly type: 'character' | 'block' | 'fifo';
      /** Permission bits, without the type. */
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    },
  ): Promise<void>;
  /** Sets the owner, not following a link. Where this user may not, a fake host keeps the owner as it is. */
  changeOwner(path: FilePath, uid: number, gid: number): Promise<void>;
  /** An extended attribute (`security.capability`), not following a link; undefined where it is not set. */
  read(path: FilePath, name: string): Promise<Uint8Array | undefined>;
  /** @throws DmError NOT_SUPPORTED (EOPNOTSUPP): the filesystem has none. NOT_PERMITTED (EPERM). */
  write(path: FilePath, name: string, value: Uint8Array): Promise<void>;
  /** Names of all extended attributes that this user may see. */
  list(path: FilePath): Promise<readonly string[]>;
}
