import { Buffer } from 'node:buffer';

/**
 * A path as the file system has it: one character (Latin-1) for each byte, so that names that are not UTF-8 come
 * through, and paths can be joined, compared and kept in maps as strings.
 */
export type BytePath = string & { readonly brand?: 'BytePath' };

export function bytePath(path: string | Uint8Array): BytePath {
  return (typeof path === 'string' ? Buffer.from(path, 'utf8') : Buffer.from(path)).toString('latin1');
}

/** As the calls of `node:fs` take it. */
export function fsPath(path: BytePath): Buffer {
  return Buffer.from(path, 'latin1');
}

/** For messages. */
export function shownPath(path: BytePath): string {
  return fsPath(path).toString('utf8');
}

export function childPath(directory: BytePath, name: string): BytePath {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}
