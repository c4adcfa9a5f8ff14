import { CommanderError } from 'commander';
import type { Command } from './command/command.ts';
import { COMMANDS } from './commands/index.ts';
import { exitStatusOf, formatFailure, READER_GONE } from './output/failure.ts';
import { createStderrLog } from './output/log.ts';
import { createTerminal, isReaderGone } from './output/terminal.ts';
import { createProgram, type ParsedCall } from './program.ts';
import { isTrue, resolveSettings } from './settings/resolve-settings.ts';
import type { Settings } from './settings/settings.ts';
import { splitStorageOptions } from './settings/storage-options.ts';

/** Runs one command line; resolves to the exit status. Nothing is thrown. */
export async function main(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  // A write that fails is told to whoever wrote; the event would end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  let json = words.includes('--json') || isTrue(environment['DMTHIN_JSON']);
  let verbose = false;
  let status = 0;
  let failureStatus: number | undefined;
  try {
    await createProgram(COMMANDS, async (call) => {
      const settings = await resolveSettings(call.given, environment);
      json = settings.json;
      verbose = settings.logLevel === 'debug';
      failureStatus = call.command.exitStatus;
      await run(call, settings, environment, (wanted) => {
        status = wanted;
      });
    }).parseAsync([...words], { from: 'user' });
    return status;
  } catch (error) {
    if (isReaderGone(error)) return READER_GONE;
    // Help has been shown: because it was asked for, or because nothing was.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${formatFailure(error, json, verbose)}\n`);
    return failureStatus ?? exitStatusOf(error);
  }
}

async function run(
  { command, given, words }: ParsedCall,
  settings: Settings,
  environment: NodeJS.ProcessEnv,
  exitWith: (status: number) => void,
): Promise<void> {
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  if (command.isUninterrupted !== true) process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const { driver, layer } = optionsFor(command, settings);
  try {
    await command.run({
      ...words,
      settings,
      environment,
      readSettings: () => resolveSettings(given, environment),
      output: createTerminal(settings.json),
      signal: abort.signal,
      exitWith,
      layerOptions: layer,
      async withDriver(use, place) {
        // The driver and its container are most of the program; help and errors of use do without them.
        const { openGraphDriver } = await import('dmthin');
        const opened = await openGraphDriver({
          root: place?.root ?? settings.root,
          kernel: settings.kernel,
          storageOptions: [...(place?.storageOptions ?? []), ...driver],
          parents: place?.parents,
          log: createStderrLog(settings.logLevel, settings.json),
          signal: abort.signal,
        });
        try {
          return await use(opened);
        } finally {
          await opened.release();
        }
      },
    });
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

function optionsFor(command: Command, { storageOptions }: Settings): ReturnType<typeof splitStorageOptions> {
  return command.takesLayerOptions === true
    ? splitStorageOptions(storageOptions)
    : { driver: storageOptions, layer: {} };
}
