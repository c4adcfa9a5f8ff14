import type { GraphDriver } from '@dmthin/graphdriver';
import type { Output } from '../output/output.ts';
import type { Settings } from '../settings/settings.ts';

export interface Argument {
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
}

export interface Option {
  /** Without dashes: `parent`. */
  readonly name: string;
  /** The letter that stands for it: `q`. */
  readonly short?: string;
  /** What stands for its value in the usage line; a flag where it is not given. */
  readonly value?: string;
  /** May stand without its value, and is a flag then. */
  readonly isValueOptional?: boolean;
  readonly description: string;
  readonly default?: string;
  readonly choices?: readonly string[];
  /** May be given several times. */
  readonly repeatable?: boolean;
}

/** A verb of `dmthin`. Parsing, help, completion, man page and docs are all made from these. */
export interface Command {
  /** One word, or two for a verb of a group: `metadata check`. */
  readonly name: string;
  /** One line, in the imperative, without a period. */
  readonly summary: string;
  /** What a user should know beyond the summary. */
  readonly description?: string;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** `--storage-opt` without `dm.` is for the layer it makes (`size=20G`), not for the driver. */
  readonly takesLayerOptions?: boolean;
  /** What `--json` prints. */
  readonly json: string;
  /** The exit status of every failure; that of the error's code without it. */
  readonly exitStatus?: number;
  /** Works without pause, so that an interruption ends the process at once; it leaves nothing half done that counts. */
  readonly isUninterrupted?: boolean;
  readonly examples?: readonly string[];
  readonly run: (invocation: Invocation) => Promise<void>;
}

/** One call of a command, with all that it may use. */
export interface Invocation {
  readonly settings: Settings;
  readonly output: Output;
  /** The process's. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The settings as they are now, where the config file may have changed. @throws DmError as at the start. */
  readSettings(): Promise<Settings>;
  /** Fires on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Ends the process with that status, though nothing failed: the answer was no. */
  exitWith(status: number): void;
  /** The argument of that name; the empty string where an optional one was not given. */
  argument(name: string): string;
  /** The option's value, or its default. */
  option(name: string): string | undefined;
  /** The values of a repeatable option. */
  values(name: string): readonly string[];
  flag(name: string): boolean;
  /** The `--storage-opt`s of the layer, for a command that takes them. */
  readonly layerOptions: Readonly<Record<string, string>>;
  /** Opens the root's driver, and lets go of it afterwards; mounts and pool stay as they are. */
  withDriver<T>(use: (driver: GraphDriver) => Promise<T>, place?: DriverPlace): Promise<T>;
}

/** Where a driver is opened that is not where the settings say. */
export interface DriverPlace {
  readonly root: string;
  /** Before those of the settings, which win. */
  readonly storageOptions: readonly string[];
  readonly parents: ReadonlyMap<string, string>;
}
