import { DmError } from '@dmthin/domain';

/** Far longer than any of containerd's, which are a namespace, a number and an id. */
const MAX_NAME_BYTES = 4096;

/** @throws DmError INVALID_ARGUMENT: empty, or longer than any key or name may be. */
export function checkedName(name: string): string {
  if (name !== '' && Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  const what = name === '' ? 'a snapshot has no key or name' : `a key of ${Buffer.byteLength(name)} bytes is too long`;
  throw new DmError('INVALID_ARGUMENT', what, { remedy: `Give 1 to ${MAX_NAME_BYTES} bytes.` });
}
