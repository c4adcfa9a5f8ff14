import { DmError } from '../errors/dm-error.ts';
import { checkDeferral } from './deferral.ts';
import { directLvmOptions } from './direct-lvm-options.ts';
import { nearestKey } from './nearest-key.ts';
import type { AnyOptionRow, OptionRow, OptionValues } from './option-row.ts';
import { OPTION_ROWS } from './option-rows.ts';
import type { StorageOptions } from './storage-options.ts';

type Given = { -readonly [Field in keyof OptionValues]?: OptionValues[Field] };

const ROWS: ReadonlyMap<string, AnyOptionRow> = new Map(OPTION_ROWS.map((row) => [row.key, row]));
const DEFAULTS: Given = valuesOf(
  OPTION_ROWS.flatMap(({ key, default: value }) => (value === undefined ? [] : [[key, value]])),
);

/**
 * Reads options as Docker does (docker-devicemapper.md 1.1, 1.2): `key=value`, both trimmed, the key in any case; the last of
 * several wins, except for `dm.mkfsarg` and `dm.mountopt`, which add up. Nothing is kept from one call to the next.
 * @throws DmError INVALID_ARGUMENT: no `=`, an unknown key, a value that is none, or options that contradict each other;
 * with Docker's text where it has one. The remedy names the nearest key to an unknown one.
 */
export function parseStorageOptions(list: readonly string[]): StorageOptions {
  const given = valuesOf(list.map(keyAndValue));
  const { directLvmDevice, directLvmForce, thinpPercent, thinpMetaPercent, ...rest } = { ...DEFAULTS, ...given };
  const { autoExtendThreshold, autoExtendPercent, ...values } = rest;
  const shares = { thinpPercent, thinpMetaPercent, autoExtendThreshold, autoExtendPercent };
  const directLvm = directLvmOptions(directLvmDevice, directLvmForce ?? false, shares);
  checkDevices(given);
  checkDeferral(given.deferredRemoval, given.deferredDeletion);
  return {
    // Those that may be missing are written out below; the others have a default in their row (held by a test).
    ...(values as Required<typeof values>),
    filesystem: values.filesystem,
    isBaseSizeGiven: given.baseSize !== undefined,
    isLoopDataSizeGiven: given.loopDataSize !== undefined,
    isLoopMetadataSizeGiven: given.loopMetadataSize !== undefined,
    directLvm,
    blockDiscard:
      given.blockDiscard ?? (given.dataDevice === undefined && given.thinPool === undefined && directLvm === undefined),
    deferredRemoval: values.deferredRemoval,
    deferredDeletion: values.deferredDeletion,
    xfsNospaceMaxRetries: values.xfsNospaceMaxRetries,
  };
}

function keyAndValue(option: string): readonly [key: string, value: string] {
  const split = option.indexOf('=');
  if (split < 0)
    throw new DmError('INVALID_ARGUMENT', `unable to parse key/value option: ${option}`, {
      remedy: 'Write a storage option as dm.basesize=20G.',
    });
  return [option.slice(0, split).trim().toLowerCase(), option.slice(split + 1).trim()];
}

function valuesOf(options: readonly (readonly [key: string, value: string])[]): Given {
  const values: Given = {};
  for (const [key, value] of options) {
    const row = ROWS.get(key);
    if (row === undefined) throw unknownOption(key);
    // Each row's parser makes what its field holds; TypeScript cannot follow that through the union.
    put(values, row as OptionRow, value);
  }
  return values;
}

function put<Field extends keyof OptionValues>(values: Given, row: OptionRow<Field>, value: string): void {
  try {
    values[row.field] = row.parse(value, values[row.field]);
  } catch (error) {
    if (!DmError.is(error) || error.subject !== undefined) throw error;
    throw new DmError(error.code, `could not parse \`${row.key}=${value}\`: ${error.message}`, {
      subject: row.key,
      remedy: error.remedy ?? `Use ${row.key}=${row.syntax}.`,
      cause: error,
    });
  }
}

function unknownOption(key: string): DmError {
  const nearest = nearestKey(key, [...ROWS.keys()]);
  return new DmError('INVALID_ARGUMENT', `devmapper: Unknown option ${key}`, {
    subject: key,
    remedy: nearest === undefined ? 'Run dmthin help options for those there are.' : `Did you mean ${nearest}?`,
  });
}

/** Where the pool comes from: one of dm.thinpooldev, dm.directlvm_device, and the driver's own with devices or files. */
function checkDevices({ thinPool, directLvmDevice, dataDevice, metadataDevice }: Given): void {
  const refuse = (message: string, remedy: string): never => {
    throw new DmError('INVALID_ARGUMENT', message, { remedy });
  };
  if (thinPool !== undefined && directLvmDevice !== undefined)
    refuse(
      'cannot setup direct-lvm when `dm.thinpooldev` is also specified',
      'Leave out one of dm.thinpooldev and dm.directlvm_device.',
    );
  const outside = thinPool === undefined ? directLvmDevice && 'dm.directlvm_device' : 'dm.thinpooldev';
  if (outside !== undefined && (dataDevice ?? metadataDevice) !== undefined)
    refuse(
      `dm.datadev and dm.metadatadev mean nothing with ${outside}, whose pool has its own`,
      `Leave out dm.datadev and dm.metadatadev, or ${outside}.`,
    );
  if (dataDevice !== undefined && dataDevice === metadataDevice)
    refuse(`dm.datadev and dm.metadatadev are both ${dataDevice}`, 'Give two devices.');
}
