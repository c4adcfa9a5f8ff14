import { baseName, joinPath, parentPath, type RawPath } from '../path/raw-path.ts';
import { refusalOf } from './refusal.ts';

/** How a layer's tar says that something is gone (AUFS's names, which image layers have kept). */
const PREFIX = '.wh.';
/** Names of AUFS's own bookkeeping; all but the opaque mark are passed over. */
const META_PREFIX = '.wh..wh.';
/** The mark of the image specification, and a spelling of it that some tools write. */
const OPAQUE: ReadonlySet<string> = new Set(['.wh..wh..opq', '.wh..wh.opq']);

export type Whiteout =
  /** This file or tree goes. */
  | { readonly kind: 'remove'; readonly path: RawPath }
  /** Everything in this directory goes that this tar did not bring. */
  | { readonly kind: 'opaque'; readonly directory: RawPath }
  /** Bookkeeping that means nothing here. */
  | { readonly kind: 'ignore' };

/** The name of the entry that says `path` is gone. */
export function whiteoutOf(path: RawPath): RawPath {
  return inDirectory(parentPath(path), `${PREFIX}${baseName(path)}` as RawPath);
}

/**
 * What an entry's name says if it is a whiteout; undefined for an ordinary one.
 * @throws DmError INVALID_ARGUMENT: it names nothing, or the directory it stands in or above.
 */
export function readWhiteout(path: RawPath): Whiteout | undefined {
  const name = baseName(path);
  if (!name.startsWith(PREFIX)) return path.split('/').some(isMeta) ? { kind: 'ignore' } : undefined;
  if (OPAQUE.has(name)) return { kind: 'opaque', directory: parentPath(path) };
  if (name.startsWith(META_PREFIX)) return { kind: 'ignore' };
  const gone = name.slice(PREFIX.length) as RawPath;
  if (gone === '' || gone === '.' || gone === '..') throw refusalOf(path)('is a whiteout of nothing that has a name');
  return { kind: 'remove', path: inDirectory(parentPath(path), gone) };
}

/** Whether a layer's tar would take a file of this name for a whiteout. */
export function looksLikeWhiteout(path: RawPath): boolean {
  return baseName(path).startsWith(PREFIX);
}

const isMeta = (name: string): boolean => name.startsWith(META_PREFIX);

const inDirectory = (directory: RawPath, name: RawPath): RawPath =>
  directory === '' ? name : joinPath(directory, name);
