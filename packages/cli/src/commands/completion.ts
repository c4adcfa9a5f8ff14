import { DmError } from '@dmthin/domain';
import type { Command } from '../command/command.ts';
import { completionScript, SHELLS } from '../manual/completion-script.ts';

/** The verb that completes the others; `commands` gives all of them, itself included. */
export function completionOf(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'print the completion script of a shell',
    arguments: [{ name: 'shell', description: SHELLS.join(', ') }],
    json: 'the script as a JSON string',
    examples: ['source <(dmthin completion bash)'],
    async run({ argument, output }) {
      const shell = SHELLS.find((known) => known === argument('shell'));
      if (shell === undefined)
        throw new DmError('INVALID_ARGUMENT', `no completion for the shell "${argument('shell')}"`, {
          remedy: `Use one of ${SHELLS.join(', ')}.`,
        });
      const script = completionScript(shell, commands());
      await output.answer(script, () => script);
    },
  };
}
