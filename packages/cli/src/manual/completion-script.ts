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
  const cases = commands.map((command) => {
    const layers = takesLayer(command) ? ' $(dmthin ls --quiet 2>/dev/null)' : '';
    return `    ${command.name}) words="${optionsOf(command)}${layers}" ;;`;
  });
  const choices = [...commands.flatMap(({ options }) => options ?? []), ...GLOBAL_OPTIONS].flatMap((option) =>
    option.choices === undefined ? [] : [`    --${option.name}) words="${option.choices.join(' ')}" ;;`],
  );
  return [
    '_dmthin() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" words',
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    '  esac',
    '  case "${COMP_WORDS[COMP_CWORD-1]}" in',
    ...choices,
    '  esac',
    `  [ "$COMP_CWORD" -eq 1 ] && words="${[...commands.map(({ name }) => name), 'help'].join(' ')}"`,
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _dmthin dmthin',
  ].join('\n');
}

function fish(commands: readonly Command[]): string {
  return [
    'complete -c dmthin -f',
    ...commands.map(
      ({ name, summary }) => `complete -c dmthin -n __fish_use_subcommand -a ${name} -d '${escaped(summary)}'`,
    ),
    ...commands
      .filter(takesLayer)
      .map(({ name }) => `complete -c dmthin -n '__fish_seen_subcommand_from ${name}' -a '(dmthin ls --quiet)'`),
    ...commands.flatMap(({ name, options }) =>
      (options ?? []).map(
        (option) => `complete -c dmthin -n '__fish_seen_subcommand_from ${name}' ${fishOption(option)}`,
      ),
    ),
    "complete -c dmthin -n '__fish_seen_subcommand_from import' -F",
    ...GLOBAL_OPTIONS.map((option) => `complete -c dmthin ${fishOption(option)}`),
  ].join('\n');
}

/** `-x`: one of these and no file; `-r`: any value. */
function fishOption({ name, value, choices, description }: Option): string {
  const argument = choices === undefined ? (value === undefined ? '' : ' -r') : ` -x -a '${choices.join(' ')}'`;
  return `-l ${name}${argument} -d '${escaped(description)}'`;
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
