import type { Command, Option } from '../command/command.ts';
import { GLOBAL_OPTIONS } from '../settings/global-options.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Verbs and options, and the ids of layers where a verb takes one. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return `#compdef dmthin\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case 'fish':
      return fish(commands);
  }
}

const optionsOf = (command: Command): string =>
  [...(command.options ?? []), ...GLOBAL_OPTIONS].map(({ name }) => `--${name}`).join(' ');
const takesLayer = (command: Command): boolean =>
  command.name !== 'create' && command.arguments?.[0]?.name === 'id' && command.name !== 'import';

function bash(commands: readonly Command[]): string {
  const cases = [
    ...commands.map((command) => {
      const layers = takesLayer(command) ? ' $(dmthin ls --quiet 2>/dev/null)' : '';
      return `    "${command.name} "*) words="${optionsOf(command)}${layers}" ;;`;
    }),
    ...[...groups(commands)].map(([group, verbs]) => `    "${group} "*) words="${verbs.join(' ')}" ;;`),
  ];
  const choices = [...choicesOf(commands)].map(([name, words]) => `    --${name}) words="${words.join(' ')}" ;;`);
  return [
    '_dmthin() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" words',
    '  case "${COMP_WORDS[1]} ${COMP_WORDS[2]} " in',
    ...cases,
    '  esac',
    '  case "${COMP_WORDS[COMP_CWORD-1]}" in',
    ...choices,
    '  esac',
    `  [ "$COMP_CWORD" -eq 1 ] && words="${[...verbsOf(commands), 'help'].join(' ')}"`,
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _dmthin dmthin',
  ].join('\n');
}

function fish(commands: readonly Command[]): string {
  return [
    'complete -c dmthin -f',
    ...verbsOf(commands).map(
      (verb) => `complete -c dmthin -n __fish_use_subcommand -a ${verb}${described(commands, verb)}`,
    ),
    ...[...groups(commands)].map(
      ([group, verbs]) =>
        `complete -c dmthin -n '__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${verbs.join(' ')}' -a '${verbs.join(' ')}'`,
    ),
    ...commands
      .filter(takesLayer)
      .map(({ name }) => `complete -c dmthin -n '__fish_seen_subcommand_from ${name}' -a '(dmthin ls --quiet)'`),
    ...commands.flatMap(({ name, options }) =>
      (options ?? []).map((option) => `complete -c dmthin -n '${isNamed(name)}' ${fishOption(option)}`),
    ),
    "complete -c dmthin -n '__fish_seen_subcommand_from import' -F",
    ...GLOBAL_OPTIONS.map((option) => `complete -c dmthin ${fishOption(option)}`),
  ].join('\n');
}

/** `-x`: one of these and no file; `-r`: any value. */
function fishOption({ name, short, value, choices, description }: Option): string {
  const argument = choices === undefined ? (value === undefined ? '' : ' -r') : ` -x -a '${choices.join(' ')}'`;
  const letter = short === undefined ? '' : ` -s ${short}`;
  return `-l ${name}${letter}${argument} -d '${escaped(description)}'`;
}

/** What may stand behind an option, whichever verb it is of. */
function choicesOf(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { name, choices } of [...commands.flatMap(({ options }) => options ?? []), ...GLOBAL_OPTIONS])
    if (choices !== undefined) found.set(name, [...new Set([...(found.get(name) ?? []), ...choices])]);
  return found;
}

/** The first words of all verbs. */
function verbsOf(commands: readonly Command[]): readonly string[] {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0] as string))];
}

/** The verbs of each group. */
function groups(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name } of commands) {
    const [group = '', verb] = name.split(' ');
    if (verb !== undefined) found.set(group, [...(found.get(group) ?? []), verb]);
  }
  return found;
}

function described(commands: readonly Command[], verb: string): string {
  const command = commands.find(({ name }) => name === verb);
  return command === undefined ? '' : ` -d '${escaped(command.summary)}'`;
}

/** Whether that command is on the line, all of its words. */
function isNamed(name: string): string {
  return name
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
