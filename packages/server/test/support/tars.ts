import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';

/** A tar of files by their paths; a directory's ends in a slash. */
export function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mtime: new Date(1_700_000_000_000) };
  for (const [name, content] of Object.entries(files))
    if (name.endsWith('/')) tar.entry({ name, type: 'directory', mode: 0o755, ...owner });
    else tar.entry({ name, mode: 0o644, ...owner }, content);
  tar.finalize();
  return buffer(tar);
}

/** What a tar holds, as a reader that is not ours understands it. */
export async function filesIn(tar: Uint8Array): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  const reader = extract();
  Readable.from([tar]).pipe(reader);
  for await (const entry of reader) files[entry.header.name] = (await buffer(entry)).toString();
  return files;
}

/** The pieces of a tar with one file of zeros; only one piece is ever in memory. */
export function* tarOfZeros(name: string, size: number): Generator<Buffer, void, undefined> {
  const header = Buffer.alloc(512);
  header.write(name);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  header.write(octal(0o644, 7), 100);
  header.write(octal(process.getuid?.() ?? 0, 7), 108);
  header.write(octal(process.getgid?.() ?? 0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(1_700_000_000, 11), 136);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  yield header;
  const zeros = Buffer.alloc(64 * 1024);
  for (let sent = 0; sent < size; sent += zeros.length) yield zeros.subarray(0, Math.min(zeros.length, size - sent));
  yield Buffer.alloc((512 - (size % 512)) % 512);
  yield Buffer.alloc(1024);
}
