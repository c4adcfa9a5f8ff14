import { DmError } from '@dmthin/domain';
import {
  Argument as CommanderArgument,
  Command as CommanderCommand,
  type CommanderError,
  Option as CommanderOption,
} from 'commander';
import type { Command, Invocation, Option } from './command/command.ts';
import { optionsText } from './manual/options-text.ts';
import { optionTerm, usageLine } from './manual/usage.ts';
import { GLOBAL_OPTIONS } from './settings/global-options.ts';
import type { GivenOptions } from './settings/resolve-settings.ts';
import { VERSION } from './version.ts';

/** `--storage-opt` of a verb that makes a layer. */
const LAYER_SIZE = {
  value: 'size=SIZE',
  description: "the size of the layer; its parent's by default, and not below it",
};

/** What was asked for, as parsed; `run` is called once per process. */
export interface ParsedCall {
  readonly command: Command;
  readonly given: GivenOptions;
  readonly words: Pick<Invocation, 'argument' | 'option' | 'values' | 'flag'>;
}

/**
 * The parser of the whole command line, made from the command table. Parsing rejects with a DmError INVALID_ARGUMENT for
 * what it does not understand, and with a CommanderError once it has shown the help that was asked for.
 */
export function createProgram(
  commands: readonly Command[],
  run: (call: ParsedCall) => Promise<void>,
): CommanderCommand {
  const program = new CommanderCommand('dmthin')
    .description('Thin-provisioned copy-on-write layers on device-mapper.')
    .version(VERSION, '--version', 'print the version')
    .helpCommand(false)
    .helpOption('-h, --help', 'show this help')
    .showSuggestionAfterError()
    .configureHelp({ subcommandTerm })
    .configureOutput({ outputError() {} })
    .exitOverride(refuse('See dmthin help for the verbs and global options.'));
  for (const option of GLOBAL_OPTIONS) program.addOption(commanderOption(option, { withDefault: false }));
  for (const command of commands) {
    const [group, verb] = command.name.split(' ');
    if (verb === undefined) program.addCommand(subcommand(program, command, run));
    else groupOf(program, group as string, commands).addCommand(subcommand(program, command, run));
  }
  program.addCommand(helpCommand(program));
  return program;
}

/** The verb whose verbs begin with `name`, made with the first of them. */
function groupOf(program: CommanderCommand, name: string, commands: readonly Command[]): CommanderCommand {
  const known = program.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const verbs = commands.map((command) => command.name.split(' ')).filter(([group, verb]) => group === name && verb);
  const group = new CommanderCommand(name)
    .summary(`read, check and mend a pool's ${name}: ${verbs.map(([, verb]) => verb).join(', ')}`)
    .description(`Read, check and mend a pool's ${name}, as thin-provisioning-tools do.`)
    .configureHelp({ subcommandTerm })
    .helpCommand(false)
    .helpOption('-h, --help', 'show this help')
    .showSuggestionAfterError()
    .configureOutput({ outputError() {} })
    .exitOverride(refuse(`See dmthin help ${name} for its verbs.`));
  program.addCommand(group);
  return group;
}

function subcommand(
  program: CommanderCommand,
  command: Command,
  run: (call: ParsedCall) => Promise<void>,
): CommanderCommand {
  const usage = usageLine(command);
  const parser = new CommanderCommand(command.name.split(' ').at(-1))
    .summary(command.summary)
    .description([`${capitalized(command.summary)}.`, command.description ?? ''].join(' ').trimEnd())
    .usage(usage.slice(`dmthin ${command.name} `.length))
    .helpOption('-h, --help', 'show this help')
    .configureOutput({ outputError() {} })
    .exitOverride(refuse(`Usage: ${usage}; see dmthin help ${command.name}.`));
  for (const argument of command.arguments ?? [])
    parser.addArgument(
      new CommanderArgument(
        argument.optional === true ? `[${argument.name.toUpperCase()}]` : `<${argument.name.toUpperCase()}>`,
        argument.description,
      ),
    );
  for (const option of command.options ?? []) parser.addOption(commanderOption(option, { withDefault: true }));
  // Global options may stand behind the verb too, as most people write them.
  for (const option of GLOBAL_OPTIONS)
    parser.addOption(
      option.name === 'storage-opt' && command.takesLayerOptions === true
        ? commanderOption({ ...option, ...LAYER_SIZE }, { withDefault: false })
        : commanderOption(option, { withDefault: false }).hideHelp(),
    );
  if (command.examples !== undefined) parser.addHelpText('after', `\nExamples:\n  ${command.examples.join('\n  ')}`);
  parser.addHelpText('after', '\nGlobal options: see dmthin help.');
  return parser.action(async () => {
    const values: Readonly<Record<string, unknown>> = parser.opts();
    const names = (command.arguments ?? []).map(({ name }) => name);
    await run({
      command,
      given: mergeGiven(program.opts(), values),
      words: {
        argument: (name) => parser.args[names.indexOf(name)] ?? '',
        option: (name) => {
          const value = values[camelCase(name)];
          return typeof value === 'string' ? value : undefined;
        },
        values: (name) => (values[camelCase(name)] ?? []) as readonly string[],
        // Commander keeps --no-headers as headers, false.
        flag: (name) =>
          name.startsWith('no-') ? values[camelCase(name.slice(3))] === false : values[camelCase(name)] === true,
      },
    });
  });
}

/** `help`, `help VERB`, and `help options` for the storage options. */
function helpCommand(program: CommanderCommand): CommanderCommand {
  return new CommanderCommand('help')
    .summary('show help for a verb, or for the storage options (`help options`)')
    .argument('[TOPIC]', 'a verb, or `options`')
    .argument('[VERB]', 'a verb of a group')
    .configureOutput({ outputError() {} })
    .exitOverride(refuse('See dmthin help for the verbs.'))
    .action((topic: string | undefined, second: string | undefined) => {
      if (topic === undefined) return program.outputHelp();
      if (topic === 'options') return void process.stdout.write(`${optionsText()}\n`);
      const group = program.commands.find((command) => command.name() === topic);
      const verb = second === undefined ? group : group?.commands.find((command) => command.name() === second);
      if (verb === undefined) program.error(`there is no help on '${[topic, second].join(' ').trimEnd()}'`);
      return verb.outputHelp();
    });
}

/** What commander calls an error becomes ours, with a way out; help that was shown stays what it is. */
function refuse(remedy: string): (error: CommanderError) => never {
  return (error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    const [message = '', ...suggestions] = error.message.replace(/^error: /u, '').split('\n');
    throw new DmError('INVALID_ARGUMENT', message, {
      remedy: [...suggestions.map((text) => text.replace(/^\((.*)\)$/u, '$1')), remedy].join(' '),
      cause: error,
    });
  };
}

function commanderOption(option: Option, { withDefault }: { readonly withDefault: boolean }): CommanderOption {
  const { value } = option;
  const made = new CommanderOption(
    value === undefined || option.isValueOptional === true
      ? optionTerm(option)
      : optionTerm({ ...option, value: `<${value}>` }),
    option.description,
  );
  if (value !== undefined && option.isValueOptional !== true)
    made.argParser((word: string) => notEmpty(word, option.name));
  if (option.choices !== undefined) made.choices([...option.choices]);
  if (withDefault && option.default !== undefined) made.default(option.default);
  if (option.repeatable === true)
    made.argParser((word: string, before: readonly string[] | undefined) => [
      ...(before ?? []),
      notEmpty(word, option.name),
    ]);
  return made;
}

/** An empty word is a variable that was not set; as a path it would be the working directory. */
function notEmpty(word: string, option: string): string {
  if (word !== '') return word;
  throw new DmError('INVALID_ARGUMENT', `--${option} is empty`, {
    subject: `--${option}`,
    remedy: 'Give it a value, or leave it out.',
  });
}

/** The options before the verb and those behind it; behind it goes first, and lists add up. */
function mergeGiven(before: GivenOptions, behind: GivenOptions): GivenOptions {
  return { ...before, ...behind, storageOpt: [...(before.storageOpt ?? []), ...(behind.storageOpt ?? [])] };
}

const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const subcommandTerm = (command: CommanderCommand): string =>
  [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' ');
const argumentTerm = (argument: CommanderArgument): string =>
  argument.required ? argument.name() : `[${argument.name()}]`;
const camelCase = (name: string): string => name.replaceAll(/-([a-z])/gu, (_, letter: string) => letter.toUpperCase());
