/** A file of a hand-made tar: whatever is asked for, however wrong. */
export interface Entry {
  /** UTF-8, or any bytes. */
  readonly path: string | Uint8Array;
  /** POSIX typeflag: 0 file, 1 hard link, 2 symlink, 3 character device, 4 block device, 5 directory, 6 fifo. */
  readonly type?: '0' | '1' | '2' | '3' | '4' | '5' | '6';
  readonly link?: string;
  readonly content?: string | Uint8Array;
  /** What the header claims; the content's by default. */
  readonly size?: number;
  readonly mode?: number;
  readonly major?: number;
  readonly minor?: number;
}

const BLOCK = 512;

/** A ustar archive (POSIX.1-2001) with its two closing blocks. */
export function tarOf(...entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.map(blocksOf), Buffer.alloc(2 * BLOCK)]);
}

function blocksOf({ path, type = '0', link = '', content = '', size, mode, major = 0, minor = 0 }: Entry): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(BLOCK);
  Buffer.from(path).copy(header, 0, 0, 100);
  header.write(octal(mode ?? (type === '5' ? 0o755 : 0o644), 7), 100);
  header.write(octal(process.getuid?.() ?? 0, 7), 108);
  header.write(octal(process.getgid?.() ?? 0, 7), 116);
  header.write(sizeField(size ?? body.length), 124, 'latin1');
  header.write(octal(1_700_000_000, 11), 136);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write('ustar\x0000', 257);
  header.write(octal(major, 7), 329);
  header.write(octal(minor, 7), 337);
  header.fill(' ', 148, 156);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return Buffer.concat([header, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)]);
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');

/** Eleven octal digits, or GNU's base-256 where they are not enough. */
function sizeField(size: number): string {
  if (size < 8 ** 11) return octal(size, 11);
  const field = Buffer.alloc(12);
  field[0] = 0x80;
  field.writeBigUInt64BE(BigInt(size), 4);
  return field.toString('latin1');
}
