import { DmError } from '../errors/dm-error.ts';
import { humanSize } from '../size/human-size.ts';
import { parseSize } from '../size/size.ts';
import type { Bytes } from '../units/units.ts';
import type { OptionRow } from './option-row.ts';

/** What one layer is made with (`docker create --storage-opt size=20G`). */
export interface LayerOptions {
  /** Undefined: as large as its parent. */
  readonly size: Bytes | undefined;
}

/** The one there is, for the documents. */
export const LAYER_OPTION_ROWS: readonly Omit<OptionRow, 'field' | 'parse'>[] = [
  {
    key: 'size',
    syntax: 'SIZE',
    effect: "Size of this layer, not smaller than its parent's. 0 is as good as not given.",
    since: '1.12.0',
    difference:
      'Docker takes an unknown key beside it or not, as the map happens to be walked (defect 26); here it is refused.',
  },
];

/**
 * Reads a layer's own options: `size`, in any case, and nothing else.
 * @throws DmError INVALID_ARGUMENT: an unknown key, a size that is none, or two of them.
 */
export function parseLayerOptions(given: Readonly<Record<string, string>>): LayerOptions {
  const sizes: string[] = [];
  for (const [key, value] of Object.entries(given)) {
    if (key.toLowerCase() !== 'size')
      throw new DmError('INVALID_ARGUMENT', `Unknown option ${key.toLowerCase()}`, {
        subject: key,
        remedy: 'A layer has one option of its own: size=20G.',
      });
    sizes.push(value);
  }
  if (sizes.length > 1)
    throw new DmError('INVALID_ARGUMENT', `size is given ${sizes.length} times`, {
      subject: 'size',
      remedy: 'Give it once.',
    });
  const size = sizes[0] === undefined ? undefined : parseSize(sizes[0]);
  return { size: size === 0n ? undefined : size };
}

/**
 * The size of a layer that is made from `parent`.
 * @throws DmError INVALID_ARGUMENT: smaller than the parent; Docker's text.
 */
export function layerSize({ size }: LayerOptions, parent: Bytes): Bytes {
  if (size !== undefined && size < parent)
    throw new DmError('INVALID_ARGUMENT', `devmapper: Container size cannot be smaller than ${humanSize(parent)}`, {
      subject: 'size',
      remedy: 'Give a larger size, or none for the size of the parent; a filesystem cannot be shrunk.',
    });
  return size ?? parent;
}

/**
 * The size that a base device that exists is to have: as it is, or larger where a larger one was asked for.
 * @throws DmError INVALID_ARGUMENT: smaller than it is; Docker's text.
 */
export function grownBaseSize(
  { baseSize, isBaseSizeGiven }: { readonly baseSize: Bytes; readonly isBaseSizeGiven: boolean },
  present: Bytes,
): Bytes {
  if (!isBaseSizeGiven) return present;
  if (baseSize < present)
    throw new DmError('INVALID_ARGUMENT', `devmapper: Base device size cannot be smaller than ${humanSize(present)}`, {
      subject: 'dm.basesize',
      remedy: 'Leave out dm.basesize, or give a larger one; a filesystem cannot be shrunk.',
    });
  return baseSize;
}
