import { COMMAND, type CommandName } from '@dmthin/kernel-ioctl';

const NAMES: ReadonlyMap<number, CommandName> = new Map(
  Object.entries(COMMAND).map(([name, nr]) => [nr, name as CommandName]),
);

/** The command of an ioctl's number; undefined for one that the kernel does not have. */
export function commandName(nr: number): CommandName | undefined {
  return NAMES.get(nr);
}
