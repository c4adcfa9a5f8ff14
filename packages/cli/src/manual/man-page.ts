import type { Command } from '../command/command.ts';
import { GLOBAL_OPTIONS } from '../settings/global-options.ts';
import { exitStatuses } from './exit-statuses.ts';
import { optionTerm, optionText, usageLine } from './usage.ts';

/** A storage option as the man page shows it. */
export interface ManualOption {
  readonly key: string;
  readonly syntax: string;
  readonly effect: string;
}

/** dmthin(1) in man(7) macros, made from the command and option tables. */
export function manPage(commands: readonly Command[], options: readonly ManualOption[], version: string): string {
  return [
    `.TH DMTHIN 1 "" "dmthin ${roff(version)}" "User Commands"`,
    '.SH NAME',
    'dmthin \\- thin\\-provisioned copy\\-on\\-write layers on device\\-mapper',
    '.SH SYNOPSIS',
    '.B dmthin',
    '[\\fIGLOBAL OPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]',
    '.SH DESCRIPTION',
    "Makes layers as snapshots on a thin pool, mounts them, and packs and unpacks their changes: Docker's devicemapper",
    'graph driver as a command.',
    '.SH COMMANDS',
    ...commands.flatMap((command) => [
      '.TP',
      `.B ${roff(usageLine(command).replace(/^dmthin /u, ''))}`,
      `${roff(command.summary)}. ${roff(command.description ?? '')}`.trimEnd(),
      ...(command.options ?? []).map((option) => `${roff(optionTerm(option))}: ${roff(optionText(option))}.`),
    ]),
    '.SH GLOBAL OPTIONS',
    ...GLOBAL_OPTIONS.flatMap((option) => [
      '.TP',
      `.B ${roff(optionTerm(option))}`,
      `${roff(optionText(option))}. Environment: ${option.variable}.`,
    ]),
    '.SH STORAGE OPTIONS',
    ...options.flatMap(({ key, syntax, effect }) => ['.TP', `.B ${roff(`${key}=${syntax}`)}`, roff(effect)]),
    '.SH EXIT STATUS',
    ...exitStatuses().flatMap(([status, meaning]) => ['.TP', `.B ${status}`, roff(meaning)]),
    '',
  ].join('\n');
}

/** Backslashes and dashes are escaped; a line may not begin with a dot or quote. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gmu, '\\&');
}
