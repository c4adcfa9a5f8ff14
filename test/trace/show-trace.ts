import type { Line } from './call.ts';
import { commandName } from './command-names.ts';
import { showBuffer } from './show-buffer.ts';
import { showCall } from './show-difference.ts';

/** What most requests say alike. */
const USUAL = / version=4\.0\.0 data_size=16384 data_start=312/u;

/** A call and its answer, in one line. */
export function showLine({ call, answer }: Line): string {
  const asked = showCall(call).replace(USUAL, '');
  if (answer === undefined) return asked;
  const { ret, errno, buffer } = answer;
  const outcome = `${asked} -> ${ret}${errno === 0 ? '' : ` errno ${errno}`}`;
  if (call.op !== 'ioctl' || buffer === undefined || ret !== 0) return outcome;
  const fields = showBuffer(commandName(call.nr), buffer, 'out');
  const told = fields.filter(([name]) => /^(?:flags|event_nr|open_count|dev|payload.*)$/u.test(name));
  return [outcome, ...told.map(([name, value]) => `${name}=${value}`)].join(' ');
}
