import type { LogLevel } from '@dmthin/ports';
import type { KernelName } from 'dmthin';

/** What every command is told: from the command line, else the environment, else the config file, else the default. */
export interface Settings {
  readonly root: string;
  readonly kernel: KernelName;
  /** `key=value` each; those of the config file, then the environment's, then the command line's. */
  readonly storageOptions: readonly string[];
  readonly json: boolean;
  readonly logLevel: LogLevel;
}
