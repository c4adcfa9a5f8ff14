import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DmError } from '@dmthin/domain';
import type { LogLevel } from '@dmthin/ports';
import type { KernelName } from 'dmthin';
import { LOG_LEVELS } from '../output/log.ts';
import { readConfigFile } from './config-file.ts';
import { KERNEL_NAMES } from './global-options.ts';
import type { Settings } from './settings.ts';

/** The global options as they stood on the command line; absent ones undefined. */
export interface GivenOptions {
  readonly root?: string;
  readonly kernel?: string;
  readonly storageOpt?: readonly string[];
  readonly config?: string;
  readonly json?: boolean;
  readonly logLevel?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A variable that is empty counts as one that is not set, as in a shell.
 * @throws DmError INVALID_ARGUMENT: a value that is not one of those allowed, or a bad config file.
 */
export async function resolveSettings(given: GivenOptions, environment: Environment): Promise<Settings> {
  const variable = (name: string): string | undefined => environment[name] || undefined;
  const config = await readConfigFile(given.config ?? variable('DMTHIN_CONFIG'));
  const kernel = given.kernel ?? variable('DMTHIN_KERNEL') ?? config.kernel ?? 'ioctl';
  const logLevel = given.logLevel ?? variable('DMTHIN_LOG_LEVEL') ?? config['log-level'] ?? 'warn';
  return {
    root: resolve(given.root ?? variable('DMTHIN_ROOT') ?? config.root ?? defaultRoot(environment)),
    kernel: oneOf<KernelName>(KERNEL_NAMES, kernel, 'kernel', 'DMTHIN_KERNEL'),
    storageOptions: [
      ...(config['storage-opts'] ?? []),
      ...(environment['DMTHIN_STORAGE_OPTS'] ?? '').split(/\s+/u).filter((word) => word !== ''),
      ...(given.storageOpt ?? []),
    ],
    json: given.json ?? (isTrue(environment['DMTHIN_JSON']) || (config.json ?? false)),
    logLevel: oneOf<LogLevel>(LOG_LEVELS, logLevel, 'log-level', 'DMTHIN_LOG_LEVEL'),
  };
}

/** Root keeps its state where the system's is; others keep theirs in their home (XDG base directories). */
function defaultRoot(environment: Environment): string {
  if (process.getuid?.() === 0) return '/var/lib/dmthin';
  return join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'dmthin');
}

function oneOf<T extends string>(allowed: readonly T[], value: string, option: string, variable: string): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw new DmError('INVALID_ARGUMENT', `${JSON.stringify(value)} is no ${option}`, {
      remedy: `--${option} or ${variable} is one of ${allowed.join(', ')}.`,
    });
  return found;
}

export const isTrue = (value: string | undefined): boolean =>
  value !== undefined && !['', '0', 'false'].includes(value);
