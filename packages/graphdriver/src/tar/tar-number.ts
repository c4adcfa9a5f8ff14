/** Reads a number field: octal digits, or base 256 where the first bit is set (GNU). NaN where it is neither. */
export function readNumber(field: Buffer): number {
  const first = field[0] ?? 0;
  if ((first & 0x80) !== 0) return readBase256(field, first);
  const text = field
    .toString('latin1')
    .replace(/[\0 ]+$/u, '')
    .trimStart();
  if (text === '') return 0;
  return /^[0-7]+$/u.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

/** Writes `value` in octal, or in base 256 where it does not fit. */
export function writeNumber(field: Buffer, value: number): void {
  if (fitsOctal(field.length, value)) {
    field.write(`${value.toString(8).padStart(field.length - 1, '0')}\0`, 'latin1');
    return;
  }
  let rest = BigInt(value);
  for (let index = field.length - 1; index >= 0; index -= 1, rest >>= 8n) field[index] = Number(rest & 0xffn);
  field[0] = (field[0] ?? 0) | 0x80;
}

/** Whether octal digits and a closing NUL can say `value` in `width` bytes. */
export function fitsOctal(width: number, value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < 8 ** (width - 1);
}

function readBase256(field: Buffer, first: number): number {
  // Two's complement; the first bit only says that it is base 256, the second is the sign.
  let value = BigInt((first & 0x40) === 0 ? first & 0x7f : (first & 0x7f) - 0x80);
  for (const byte of field.subarray(1)) value = (value << 8n) | BigInt(byte);
  return Number(value);
}
