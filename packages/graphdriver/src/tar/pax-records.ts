import { brokenTar } from './broken-tar.ts';

/** Keyword to value, both as bytes in latin1: PAX says UTF-8, but paths and attributes may hold anything. */
export type PaxRecords = ReadonlyMap<string, string>;

/** `<length> <keyword>=<value>\n` for each record, where the length counts itself (pax(1), POSIX.1-2008). */
export function encodePaxRecords(records: PaxRecords): Buffer {
  return Buffer.from([...records].map(([keyword, value]) => withLength(` ${keyword}=${value}\n`)).join(''), 'latin1');
}

/** @throws DmError CORRUPT: not a list of records. */
export function decodePaxRecords(bytes: Buffer): PaxRecords {
  const records = new Map<string, string>();
  for (let start = 0; start < bytes.length; ) {
    const space = bytes.indexOf(0x20, start);
    const digits = space < 0 ? '' : bytes.toString('latin1', start, space);
    const end = start + Number(digits);
    if (!/^\d{1,10}$/u.test(digits) || end <= space || end > bytes.length || bytes[end - 1] !== 0x0a)
      throw brokenTar('the tar has a PAX header whose records do not add up');
    const record = bytes.toString('latin1', space + 1, end - 1);
    const equals = record.indexOf('=');
    if (equals <= 0) throw brokenTar('the tar has a PAX record without a keyword');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    start = end;
  }
  return records;
}

function withLength(rest: string): string {
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}
