import type { Option } from '../command/command.ts';
import { LOG_LEVELS } from '../output/log.ts';

export interface GlobalOption extends Option {
  /** The environment variable that stands for it. */
  readonly variable: string;
  /** Its key in the config file; undefined where it has none. */
  readonly key: 'root' | 'kernel' | 'storage-opts' | 'json' | 'log-level' | undefined;
}

export const KERNEL_NAMES = ['ioctl', 'dmsetup', 'fake'] as const;

/** The options every verb takes. */
export const GLOBAL_OPTIONS: readonly GlobalOption[] = [
  {
    name: 'root',
    value: 'DIR',
    description: 'where layers, records and mounts are kept',
    variable: 'DMTHIN_ROOT',
    key: 'root',
  },
  {
    name: 'kernel',
    value: 'KERNEL',
    description: 'who speaks to device-mapper: ioctl(2), the dmsetup program, or a kernel in memory that needs no root',
    choices: KERNEL_NAMES,
    default: 'ioctl',
    variable: 'DMTHIN_KERNEL',
    key: 'kernel',
  },
  {
    name: 'storage-opt',
    value: 'KEY=VALUE',
    description: 'a dm.* option of the driver (docs/options.md); may be given several times',
    repeatable: true,
    variable: 'DMTHIN_STORAGE_OPTS',
    key: 'storage-opts',
  },
  {
    name: 'config',
    value: 'FILE',
    description: 'the config file, JSON; /etc/dmthin/config.json where it is there and none is named',
    variable: 'DMTHIN_CONFIG',
    key: undefined,
  },
  { name: 'json', description: 'answer with one JSON value', variable: 'DMTHIN_JSON', key: 'json' },
  {
    name: 'log-level',
    value: 'LEVEL',
    description: 'the least level of messages on stderr',
    choices: LOG_LEVELS,
    default: 'warn',
    variable: 'DMTHIN_LOG_LEVEL',
    key: 'log-level',
  },
];
