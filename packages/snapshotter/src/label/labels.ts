import { type Bytes, bytes, DmError } from '@dmthin/domain';

export type Labels = Readonly<Record<string, string>>;

/** What containerd's own devmapper snapshotter says of a snapshot's filesystem. */
export const FILESYSTEM_LABEL = 'containerd.io/snapshot/devmapper/fstype';
/** How large a snapshot may become, in bytes (containerd PR 13520). */
const MAX_SIZE_LABEL = 'containerd.io/snapshot/max-size';
/** Of a label's key and value together, in UTF-8 (containerd's labels.Validate). */
const MAX_LABEL_BYTES = 4096;

/**
 * Labels as they are kept: one without a value is none.
 * @throws DmError INVALID_ARGUMENT: one that is longer than containerd allows.
 */
export function keptLabels(labels: Labels): Labels {
  for (const [key, value] of Object.entries(labels)) {
    const length = Buffer.byteLength(key) + Buffer.byteLength(value);
    if (length > MAX_LABEL_BYTES)
      throw new DmError('INVALID_ARGUMENT', `label key and value length (${length} bytes) greater than maximum size`, {
        subject: key.slice(0, 100),
        remedy: `Use at most ${MAX_LABEL_BYTES} bytes for key and value together.`,
      });
  }
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}

/**
 * The labels after an update (containerd's storage.UpdateInfo): all are replaced where no field or `labels` is named; a
 * `labels.KEY` sets that one, or removes it where it is not given.
 * @throws DmError INVALID_ARGUMENT: a field that cannot be changed.
 */
export function updatedLabels(present: Labels, given: Labels, fields: readonly string[], name: string): Labels {
  if (fields.length === 0) return keptLabels(given);
  let labels = present;
  for (const field of fields) {
    const key = field.startsWith(ONE_LABEL) ? field.slice(ONE_LABEL.length) : undefined;
    if (key !== undefined) labels = { ...labels, [key]: Object.hasOwn(given, key) ? (given[key] ?? '') : '' };
    else if (field === 'labels') labels = given;
    else
      throw new DmError('INVALID_ARGUMENT', `cannot update ${JSON.stringify(field)} field on snapshot "${name}"`, {
        operation: 'update',
        subject: name,
        remedy: 'Name labels, or labels.KEY.',
      });
  }
  return keptLabels(labels);
}
const ONE_LABEL = 'labels.';

/** @throws DmError INVALID_ARGUMENT: not a number of bytes. */
export function maxSizeOf(labels: Labels): Bytes | undefined {
  const value = Object.hasOwn(labels, MAX_SIZE_LABEL) ? (labels[MAX_SIZE_LABEL] ?? '') : '';
  if (value === '') return undefined;
  if (/^[1-9]\d{0,18}$/u.test(value)) return bytes(BigInt(value));
  throw new DmError('INVALID_ARGUMENT', `label ${MAX_SIZE_LABEL}=${JSON.stringify(value)} is no number of bytes`, {
    subject: MAX_SIZE_LABEL,
    remedy: 'Give a whole number of bytes, such as 10737418240.',
  });
}
