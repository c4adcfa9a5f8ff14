import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DmError } from '@dmthin/domain';
import type { SavedFakeHost } from '@dmthin/host-fake';
import type { SavedDevice } from './saved-devices.ts';

/** A fake machine that was shut down in order. */
export interface SavedMachine {
  readonly devices: readonly SavedDevice[];
  readonly host: SavedFakeHost;
}

const FILE = 'machine.json';

/**
 * Reads what the last shutdown wrote and takes it away, so that a machine which dies before its own shutdown counts as
 * one without power. undefined: there is nothing.
 * @throws DmError CORRUPT: it cannot be read; it stays where it is.
 */
export async function takeSavedMachine(directory: string): Promise<SavedMachine | undefined> {
  const file = join(directory, FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(file, cause);
  }
  const saved = parseMachine(file, text);
  await rm(file);
  return saved;
}

export async function writeSavedMachine(directory: string, machine: SavedMachine): Promise<void> {
  const file = join(directory, FILE);
  await writeFile(`${file}.new`, JSON.stringify(machine), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function parseMachine(file: string, text: string): SavedMachine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  if (isMachine(value)) return value;
  throw unreadable(file, undefined);
}

/** As far as a file that was cut off, or that another program wrote, can be told from ours. */
function isMachine(value: unknown): value is SavedMachine {
  if (!isObject(value) || !isObject(value['host'])) return false;
  const { devices, host } = value;
  const isDevice = (device: unknown): boolean =>
    isObject(device) && typeof device['name'] === 'string' && typeof device['table'] === 'string';
  return areAll(devices, isDevice) && areAll(host['loops'], isObject) && areAll(host['mounts'], isObject);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const areAll = (value: unknown, isOne: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(isOne);

function unreadable(file: string, cause: unknown): DmError {
  return new DmError('CORRUPT', `the fake machine's state ${file} cannot be read`, {
    operation: 'open',
    subject: file,
    cause,
    remedy: 'Remove it: the machine then starts as after a power cut, with what was committed and synced.',
  });
}
