import { Argument as CommanderArgument, Command as CommanderCommand, Option as CommanderOption } from 'commander';
import type { Command, Invocation, Option } from './command/command.ts';
import { optionsText } from './manual/options-text.ts';
import { optionTerm } from './manual/usage.ts';
import { GLOBAL_OPTIONS } from './settings/global-options.ts';
import type { GivenOptions } from './settings/resolve-settings.ts';
import { VERSION } from './version.ts';

/** What was asked for, as parsed; `run` is called once per process. */
export interface ParsedCall {
  readonly command: Command;
  readonly given: GivenOptions;
  readonly words: Pick<Invocation, 'argument' | 'option' | 'values' | 'flag'>;
}

/** The parser of the whole command line, made from the command table. */
export function createProgram(
  commands: readonly Command[],
  run: (call: ParsedCall) => Promise<void>,
): CommanderCommand {
  const program = new CommanderCommand('dmthin')
    .description('Thin-provisioned copy-on-write layers on device-mapper.')
    .version(VERSION, '--version', 'print the version')
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride();
  for (const option of GLOBAL_OPTIONS) program.addOption(commanderOption(option, { withDefault: false }));
  for (const command of commands) program.addCommand(subcommand(command, run));
  program.addCommand(helpCommand(program));
  return program;
}

function subcommand(command: Command, run: (call: ParsedCall) => Promise<void>): CommanderCommand {
  const parser = new CommanderCommand(command.name)
    .summary(command.summary)
    .description([`${command.summary}.`, command.description ?? ''].join(' ').trimEnd())
    .exitOverride();
  for (const argument of command.arguments ?? [])
    parser.addArgument(
      new CommanderArgument(
        argument.optional === true ? `[${argument.name}]` : `<${argument.name}>`,
        argument.description,
      ),
    );
  for (const option of command.options ?? []) parser.addOption(commanderOption(option, { withDefault: true }));
  // Global options may stand behind the verb too, as most people write them.
  for (const option of GLOBAL_OPTIONS) parser.addOption(commanderOption(option, { withDefault: false }).hideHelp());
  if (command.examples !== undefined) parser.addHelpText('after', `\nExamples:\n  ${command.examples.join('\n  ')}`);
  parser.addHelpText('after', '\nGlobal options: dmthin --help');
  return parser.action(async () => {
    const values: Readonly<Record<string, unknown>> = parser.opts();
    const names = (command.arguments ?? []).map(({ name }) => name);
    await run({
      command,
      given: mergeGiven(parser.parent?.opts() ?? {}, values),
      words: {
        argument: (name) => parser.args[names.indexOf(name)] ?? '',
        option: (name) => values[camelCase(name)] as string | undefined,
        values: (name) => (values[camelCase(name)] ?? []) as readonly string[],
        flag: (name) => values[camelCase(name)] === true,
      },
    });
  });
}

/** `help`, `help VERB`, and `help options` for the storage options. */
function helpCommand(program: CommanderCommand): CommanderCommand {
  return new CommanderCommand('help')
    .summary('show help for a verb, or for the storage options (`help options`)')
    .argument('[topic]', 'a verb, or `options`')
    .exitOverride()
    .action((topic: string | undefined) => {
      if (topic === undefined) return program.outputHelp();
      if (topic === 'options') return void process.stdout.write(`${optionsText()}\n`);
      const verb = program.commands.find((command) => command.name() === topic);
      return verb === undefined ? program.error(`error: there is no help on '${topic}'`) : verb.outputHelp();
    });
}

function commanderOption(option: Option, { withDefault }: { readonly withDefault: boolean }): CommanderOption {
  const { value } = option;
  const made = new CommanderOption(
    value === undefined ? `--${option.name}` : optionTerm({ ...option, value: `<${value}>` }),
    option.description,
  );
  if (option.choices !== undefined) made.choices([...option.choices]);
  if (withDefault && option.default !== undefined) made.default(option.default);
  if (option.repeatable === true)
    made.argParser((word: string, before: readonly string[] | undefined) => [...(before ?? []), word]);
  return made;
}

/** The options before the verb and those behind it; behind it goes first, and lists add up. */
function mergeGiven(before: GivenOptions, behind: GivenOptions): GivenOptions {
  return { ...before, ...behind, storageOpt: [...(before.storageOpt ?? []), ...(behind.storageOpt ?? [])] };
}

const camelCase = (name: string): string => name.replaceAll(/-([a-z])/gu, (_, letter: string) => letter.toUpperCase());
