import type { Command, Option } from '../command/command.ts';

/** `dmthin import ID FILE [--parent ID]`. */
export function usageLine(command: Command): string {
  const words = (command.arguments ?? []).map(({ name, optional }) =>
    optional === true ? `[${name.toUpperCase()}]` : name.toUpperCase(),
  );
  const options = (command.options ?? []).map((option) => `[${optionTerm(option)}]`);
  const layer = command.takesLayerOptions === true ? ['[--storage-opt size=SIZE]'] : [];
  return ['dmthin', command.name, ...words, ...options, ...layer].join(' ');
}

/** `--parent ID`, `-n, --numeric-only [FORM]`. */
export function optionTerm({ name, short, value, isValueOptional }: Option): string {
  const term = short === undefined ? `--${name}` : `-${short}, --${name}`;
  if (value === undefined) return term;
  return `${term} ${isValueOptional === true ? `[${value}]` : value}`;
}

/** The description with choices and default, as help and manuals show it. */
export function optionText({ description, choices, default: preset }: Option): string {
  const facts = [
    choices === undefined ? '' : `one of ${choices.join(', ')}`,
    preset === undefined ? '' : `default ${preset}`,
  ].filter((fact) => fact !== '');
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`;
}
