import type { Command, Option } from '../command/command.ts';
import { GLOBAL_OPTIONS } from '../settings/global-options.ts';
import { exitStatuses } from './exit-statuses.ts';
import { optionTerm, optionText, usageLine } from './usage.ts';

/** docs/cli.md, made from the command table. */
export function cliMarkdown(commands: readonly Command[]): string {
  return [
    '# The `dmthin` command',
    '',
    'Made from the command table in `packages/cli/src/commands`; edit that, then `pnpm docs:generate`.',
    '',
    'Answers go to stdout; messages, progress and errors to stderr. With `--json` every verb prints one JSON value;',
    'its members may gain others, those named here stay.',
    '',
    '## Global options',
    '',
    'The command line goes before the environment, the environment before the config file.',
    '',
    '| option | environment | config file | |',
    '| --- | --- | --- | --- |',
    ...GLOBAL_OPTIONS.map(
      (option) =>
        `| \`${optionTerm(option)}\` | \`${option.variable}\` | ${option.key === undefined ? '' : `\`${option.key}\``} | ${cell(optionText(option))} |`,
    ),
    '',
    '`DMTHIN_STORAGE_OPTS` holds several options with spaces between them. The config file is a JSON object; `storage-opts`',
    'is an array of strings there. `--root` is `/var/lib/dmthin` for root, `~/.local/state/dmthin` for others.',
    '',
    ...commands.flatMap(section),
    '## Exit status',
    '',
    '| status | error code |',
    '| --- | --- |',
    ...exitStatuses().map(([status, meaning]) => `| ${status} | ${meaning} |`),
    '',
    'Verbs of `metadata` exit with 1 whatever failed, as thin-provisioning-tools do; only a wrong option is 2.',
    '',
    'With `--json` an error is `{"error": {code, message, errno, operation, subject, remedy}}` on stderr.',
    '',
  ].join('\n');
}

function section(command: Command): string[] {
  const rows = [
    ...(command.arguments ?? []).map(({ name, description }) => `| \`${name.toUpperCase()}\` | ${cell(description)} |`),
    ...(command.options ?? []).map((option: Option) => `| \`${optionTerm(option)}\` | ${cell(optionText(option))} |`),
  ];
  return [
    `## ${command.name}`,
    '',
    `\`${usageLine(command)}\``,
    '',
    `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}. ${command.description ?? ''}`.trimEnd(),
    '',
    ...(rows.length === 0 ? [] : ['| | |', '| --- | --- |', ...rows, '']),
    `\`--json\`: ${command.json}.`,
    '',
    ...(command.examples === undefined ? [] : ['```sh', ...command.examples, '```', '']),
  ];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
