declare const brand: unique symbol;
/**
 * A path as the bytes a file system has, one character for each byte (latin1). Names that are not UTF-8 come through
 * unharmed, equal paths are equal strings, and `<` sorts them as their bytes sort.
 */
export type RawPath = string & { readonly [brand]: 'RawPath' };

export function rawPath(bytes: Uint8Array): RawPath {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') as RawPath;
}

/** The bytes of a path that is written in UTF-8, such as a directory of the host. */
export function rawPathOfText(text: string): RawPath {
  return (isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1')) as RawPath;
}

export function bytesOfPath(path: RawPath): Buffer {
  return Buffer.from(path, 'latin1');
}

/** What file calls are given. Text where the bytes are ASCII: it is the same path, and Windows takes it in any length. */
export function hostPath(path: RawPath): string | Buffer {
  return isAscii(path) ? path : bytesOfPath(path);
}

export function joinPath(directory: RawPath, name: RawPath): RawPath {
  return (directory.endsWith('/') ? directory + name : `${directory}/${name}`) as RawPath;
}

/** The last component. */
export function baseName(path: RawPath): RawPath {
  return path.slice(path.lastIndexOf('/') + 1) as RawPath;
}

/** All but the last component; empty for a path of one. */
export function parentPath(path: RawPath): RawPath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/'))) as RawPath;
}

/** The path as text; undefined where its bytes are not UTF-8. */
export function textOfPath(path: RawPath): string | undefined {
  if (isAscii(path)) return path;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytesOfPath(path));
  } catch {
    return undefined;
  }
}

/** The path for people: bytes that are not UTF-8 become `\xNN`. */
export function showPath(path: RawPath): string {
  return (
    textOfPath(path) ??
    path.replace(/[\x80-\xff]/gu, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
  );
}

export function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what ASCII is
  return /^[\x00-\x7f]*$/u.test(text);
}
