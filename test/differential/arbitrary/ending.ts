import { COMMAND } from '@dmthin/kernel-ioctl';
import type { Action, CommandAction } from '../action.ts';
import { PLAINS, POOLS, THINS } from './names.ts';

function command(nr: number, name: string): CommandAction {
  const selector = name === '' ? {} : { name };
  return { kind: 'command', nr, selector, flags: 0, eventNumber: 0, payload: { kind: 'none' }, oddity: {} };
}

/** Removes what a sequence left; what pools stand on is resumed first, since their last commit has to get through. */
export const ending: readonly Action[] = [
  ...PLAINS.flatMap((name) => [command(COMMAND.clear, name), command(COMMAND.suspend, name)]),
  ...[...THINS, ...POOLS].map((name) => command(COMMAND.clear, name)),
  command(COMMAND.removeAll, ''),
];
