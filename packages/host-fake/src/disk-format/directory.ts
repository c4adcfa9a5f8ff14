import { Buffer } from 'node:buffer';

/** The entries of a directory: inode numbers by name. Names are bytes, one character (Latin-1) for each. */
export type Directory = ReadonlyMap<string, number>;

const HEAD = 6;

/** Sorted by name, so that equal directories are equal bytes. */
export function encodeDirectory(directory: Directory): Uint8Array {
  const names = [...directory.keys()].sort();
  const bytes = Buffer.alloc(names.reduce((size, name) => size + HEAD + name.length, 0));
  let at = 0;
  for (const name of names) {
    bytes.writeUInt32LE(directory.get(name) ?? 0, at);
    bytes.writeUInt16LE(name.length, at + 4);
    bytes.write(name, at + HEAD, 'latin1');
    at += HEAD + name.length;
  }
  return bytes;
}

export function decodeDirectory(bytes: Uint8Array): Map<string, number> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const directory = new Map<string, number>();
  for (let at = 0; at < view.length; ) {
    const end = at + HEAD + view.readUInt16LE(at + 4);
    directory.set(view.toString('latin1', at + HEAD, end), view.readUInt32LE(at));
    at = end;
  }
  return directory;
}
