/** Storage options taken apart: those of the driver begin with `dm.`, the others are a layer's own (`size=20G`). */
export interface SplitOptions {
  readonly driver: readonly string[];
  readonly layer: Readonly<Record<string, string>>;
}

/** For a command that takes layer options; `key=value` each, split at the first `=`. */
export function splitStorageOptions(options: readonly string[]): SplitOptions {
  const isDrivers = (option: string): boolean => /^\s*dm\./iu.test(option) || !option.includes('=');
  const layer = options
    .filter((option) => !isDrivers(option))
    .map((option) => [option.slice(0, option.indexOf('=')).trim(), option.slice(option.indexOf('=') + 1).trim()]);
  return { driver: options.filter(isDrivers), layer: Object.fromEntries(layer) as Record<string, string> };
}
