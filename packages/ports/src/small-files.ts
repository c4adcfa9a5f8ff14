/** A directory that is to be made. */
export interface NewDirectory {
  /** Permission bits, whatever the process's umask. */
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Directories and small files around a mount: what must not be done on the event loop, since a disk may be slow and a
 * mounted layer may hang.
 *
 * Rejections: NO_SPACE (ENOSPC, EDQUOT), NOT_PERMITTED (EACCES, EPERM), READ_ONLY (EROFS), IO (EIO).
 */
export interface SmallFiles {
  /**
   * Makes a directory where there is none; one that is there keeps its mode and owner.
   * @throws DmError INVALID_ARGUMENT (ENOTDIR): something else has its name, be it a link.
   */
  ensureDirectory(path: string, made: NewDirectory): Promise<void>;
  /** Removes an empty directory; succeeds where there is none. @throws DmError BUSY (EBUSY, ENOTEMPTY). */
  removeDirectory(path: string): Promise<void>;
  /** Sees that a file has this text, and writes it only where it has not; a new one gets `mode`. */
  ensureText(path: string, text: string, mode: number): Promise<void>;
}

/** Files that are whole at any time, and last once they are saved. Rejections as of `SmallFiles`. */
export interface LastingFiles {
  /**
   * Gives `path` this content: the old or the new one is there, whole, whatever happens in between, and when it resolves
   * the new one lasts. `draft` is the name, in the same directory, under which it is written first.
   * @throws DmError `operation` is `sync` where the file is replaced and only the directory could not be synced.
   */
  replace(path: string, draft: string, content: Uint8Array): Promise<void>;
  /** Removes a file for good; succeeds where there is none. @throws DmError as `replace`. */
  remove(path: string): Promise<void>;
}
