import { volumeId } from '@dmthin/domain';
import type { ChangeKind } from '@dmthin/graphdriver';
import type { Command } from '../command/command.ts';
import { counted } from '../output/progress.ts';
import { PARENT_OPTION, parentOf } from './layer-options.ts';

const AGAINST = { ...PARENT_OPTION, description: 'compare with this layer; with the one it was made from by default' };
const LETTERS: Readonly<Record<ChangeKind, string>> = { modify: 'C', add: 'A', delete: 'D' };

export const changes: Command = {
  name: 'changes',
  summary: 'list what a layer changed: A added, C changed, D deleted',
  arguments: [{ name: 'id', description: 'the layer' }],
  options: [AGAINST],
  json: 'an array of `{path, kind}`; kind is `add`, `modify` or `delete`; with `rawPath`, its bytes in base64, where a path is not UTF-8',
  async run({ argument, option, output, signal, withDriver }) {
    const id = volumeId(argument('id'));
    const found = await withDriver((driver) =>
      driver.changes(id, parentOf(option('parent')) ?? driver.layer(id).parent, signal),
    );
    await output.answer(
      found.map(({ rawPath, ...change }) => ({
        ...change,
        rawPath: rawPath === undefined ? undefined : Buffer.from(rawPath).toString('base64'),
      })),
      () => found.map(({ path, kind }) => `${LETTERS[kind]} ${onOneLine(path)}`).join('\n'),
    );
  },
};

/** Names come from images: one may hold a line break, or what a terminal obeys. */
function onOneLine(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be written
  return path.replace(/[\x00-\x1f\x7f-\x9f]/gu, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

export const diff: Command = {
  name: 'diff',
  summary: 'write what a layer changed as a tar with whiteouts to stdout',
  arguments: [{ name: 'id', description: 'the layer' }],
  options: [AGAINST],
  json: 'the tar itself; there is no JSON form (`changes` has one)',
  examples: ['dmthin diff web-1 > web-1.tar'],
  async run({ argument, option, output, signal, withDriver }) {
    const id = volumeId(argument('id'));
    const given = parentOf(option('parent'));
    await output.progress(`diff ${id}`, (progress) =>
      withDriver((driver) =>
        output.stream(counted(driver.diff(id, given ?? driver.layer(id).parent, signal), progress)),
      ),
    );
  },
};

export const exportLayer: Command = {
  name: 'export',
  summary: 'write the whole content of a layer as a tar to stdout',
  arguments: [{ name: 'id', description: 'the layer' }],
  json: 'the tar itself; there is no JSON form',
  async run({ argument, output, signal, withDriver }) {
    const id = volumeId(argument('id'));
    await output.progress(`export ${id}`, (progress) =>
      withDriver((driver) => output.stream(counted(driver.diff(id, undefined, signal), progress))),
    );
  },
};
