import type { FilesystemType } from '../filesystem/filesystem-type.ts';
import type { DeviceName } from '../name/device-name.ts';
import type { Percent } from '../size/percent.ts';
import type { Bytes, Sectors } from '../units/units.ts';

/** What each option's value is, once read. */
export interface OptionValues {
  readonly baseSize: Bytes;
  readonly loopDataSize: Bytes;
  readonly loopMetadataSize: Bytes;
  readonly filesystem: FilesystemType;
  readonly mkfsArguments: readonly string[];
  readonly mountOptions: readonly string[];
  readonly dataDevice: string | undefined;
  readonly metadataDevice: string | undefined;
  readonly thinPool: DeviceName | undefined;
  readonly blockDiscard: boolean;
  readonly blockSize: Sectors;
  readonly overrideUdevSyncCheck: boolean;
  readonly deferredRemoval: boolean;
  readonly deferredDeletion: boolean;
  readonly minFreeSpace: Percent;
  readonly xfsNospaceMaxRetries: bigint;
  readonly libdmLogLevel: number;
  readonly directLvmDevice: string | undefined;
  readonly directLvmForce: boolean;
  readonly thinpPercent: Percent;
  readonly thinpMetaPercent: Percent;
  readonly autoExtendThreshold: Percent;
  readonly autoExtendPercent: Percent;
}

/** An option as data: what parses it, and what `docs/options.md`, `dmthin help options` and the man page print. */
export interface OptionRow<Field extends keyof OptionValues = keyof OptionValues> {
  /** As it is written, in lower case: `dm.basesize`. */
  readonly key: string;
  /** Its place in the parsed options. */
  readonly field: Field;
  /** How its value is written: `SIZE`, `true|false`, ... */
  readonly syntax: string;
  /** The value that holds where the option is not given; undefined where that depends, and `defaultNote` says on what. */
  readonly default?: string;
  readonly defaultNote?: string;
  /** What it does; one or two sentences. */
  readonly effect: string;
  /** The first Docker release that has it. */
  readonly since: string;
  readonly isDeprecated?: true;
  /** Given again it adds to what was given; all others replace it. */
  readonly isRepeatable?: true;
  /** Where it is not what Docker does, and why. */
  readonly difference?: string;
  /** Reads a value; `before` is what the same option said earlier. @throws DmError INVALID_ARGUMENT. */
  readonly parse: (value: string, before: OptionValues[Field] | undefined) => OptionValues[Field];
}

/** A row of any field, told apart by `field`. */
export type AnyOptionRow = { readonly [Field in keyof OptionValues]: OptionRow<Field> }[keyof OptionValues];
