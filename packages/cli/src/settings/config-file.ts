import { readFile } from 'node:fs/promises';
import { DmError } from '@dmthin/domain';
import type { LogLevel } from '@dmthin/ports';
import type { KernelName } from 'dmthin';
import * as v from 'valibot';
import { LOG_LEVELS } from '../output/log.ts';
import { KERNEL_NAMES } from './global-options.ts';

export const DEFAULT_CONFIG_FILE = '/etc/dmthin/config.json';

const Config = v.strictObject({
  root: v.optional(v.pipe(v.string(), v.nonEmpty('it is empty'))),
  kernel: v.optional(v.picklist(KERNEL_NAMES)),
  'storage-opts': v.optional(v.array(v.string())),
  json: v.optional(v.boolean()),
  'log-level': v.optional(v.picklist(LOG_LEVELS)),
});
/** The config file: the global options under their own names. */
export interface ConfigFile {
  readonly root?: string | undefined;
  readonly kernel?: KernelName | undefined;
  readonly 'storage-opts'?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
  readonly 'log-level'?: LogLevel | undefined;
}

/**
 * The config file's settings; none where the default file is not there.
 * @throws DmError NOT_FOUND: a file that was named is not there. INVALID_ARGUMENT: not JSON, an unknown key, a wrong value.
 */
export async function readConfigFile(named: string | undefined): Promise<ConfigFile> {
  const file = named ?? DEFAULT_CONFIG_FILE;
  const text = await readText(file, named !== undefined);
  if (text === undefined) return {};
  const result = v.safeParse(Config, parseJson(file, text));
  if (result.success) return result.output;
  const issue = result.issues[0];
  const key = v.getDotPath(issue) ?? 'top level';
  const isUnknown = issue.type === 'strict_object' && issue.expected === 'never';
  throw new DmError(
    'INVALID_ARGUMENT',
    `config file ${file}: ${isUnknown ? `there is no key ${key}` : `${key}: ${issue.message}`}`,
    { subject: file, remedy: `It may have the keys ${Object.keys(Config.entries).join(', ')}.` },
  );
}

async function readText(file: string, required: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing && !required) return undefined;
    throw new DmError(isMissing ? 'NOT_FOUND' : 'NOT_PERMITTED', `config file ${file} cannot be read`, {
      subject: file,
      cause,
      remedy: 'Name another with --config or DMTHIN_CONFIG, or give this user the right to read it.',
    });
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // To a schema a list is an object without the keys it knows.
    if (Array.isArray(value)) throw new TypeError('it is a list');
    return value;
  } catch (cause) {
    throw new DmError('INVALID_ARGUMENT', `config file ${file} is no JSON object: ${(cause as Error).message}`, {
      subject: file,
      cause,
      remedy: 'Write an object, such as {"kernel": "fake", "storage-opts": ["dm.basesize=20G"]}.',
    });
  }
}
