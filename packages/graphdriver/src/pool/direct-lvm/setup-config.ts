import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DIRECT_LVM_DEFAULTS, type DirectLvmOptions, type DirectLvmShares, DmError, percent } from '@dmthin/domain';
import { errnoOf, fileError } from '../../file/file-error.ts';
import { syncDirectory } from '../../file/sync-directory.ts';
import { rawPathOfText } from '../../path/raw-path.ts';

/** What direct-lvm was set up with: Docker's `setup-config.json` (docker-devicemapper.md 4.1). */
export interface SetupConfig extends DirectLvmShares {
  readonly device: string;
}

/** Docker's keys, in its order, and ours. */
const KEYS = [
  ['ThinpPercent', 'thinpPercent'],
  ['ThinpMetaPercent', 'thinpMetaPercent'],
  ['AutoExtendPercent', 'autoExtendPercent'],
  ['AutoExtendThreshold', 'autoExtendThreshold'],
] as const;

/** undefined: nothing was set up; Docker takes an empty file for that too. @throws DmError CORRUPT: Docker's text. */
export async function readSetupConfig(file: string): Promise<SetupConfig | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read', rawPathOfText(file));
  }
  if (text.trim() === '') return undefined;
  try {
    const stored = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { Device: device = '' } = stored;
    if (typeof device !== 'string') throw new TypeError('Device is no text');
    const shares = KEYS.map(([key, field]) => [field, shareOf(key, stored[key])] as const);
    return device === '' ? undefined : { device, ...(Object.fromEntries(shares) as DirectLvmShares) };
  } catch (cause) {
    throw new DmError('CORRUPT', `error unmarshaling previous device setup config: ${(cause as Error).message}`, {
      operation: 'open',
      subject: file,
      remedy: 'It says which device direct-lvm was set up on; mend it, or give dm.thinpooldev=docker-thinpool instead.',
      cause,
    });
  }
}

/** As the user gave it, zeros where nothing was given; what Docker wrote and reads. */
export async function writeSetupConfig(file: string, options: DirectLvmOptions): Promise<void> {
  const values = KEYS.map(([key, field]) => [key, options[field] ?? 0]);
  const text = JSON.stringify({ Device: options.device, ...Object.fromEntries(values) });
  const draft = `${file}.new`;
  try {
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    await syncDirectory(dirname(file));
  } catch (error) {
    throw fileError(error, 'write', rawPathOfText(file));
  }
}

/** The shares that hold: 0 is as good as not given, and what is not given has its default. */
export function effectiveShares(given: DirectLvmShares): Required<DirectLvmShares> {
  const { thinpPercent, thinpMetaPercent, autoExtendThreshold, autoExtendPercent } = DIRECT_LVM_DEFAULTS;
  return {
    thinpPercent: given.thinpPercent || thinpPercent,
    thinpMetaPercent: given.thinpMetaPercent || thinpMetaPercent,
    autoExtendThreshold: given.autoExtendThreshold || autoExtendThreshold,
    autoExtendPercent: given.autoExtendPercent || autoExtendPercent,
  };
}

function shareOf(key: string, value: unknown): ReturnType<typeof percent> | undefined {
  if (value === undefined || value === null || value === 0) return undefined;
  if (typeof value !== 'number') throw new TypeError(`${key} is no number`);
  return percent(value);
}
