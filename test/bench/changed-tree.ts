import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { dockerDiffs } from './docker-subject.ts';
import type { DockerSubject } from './subjects.ts';
import { type Figure, figures } from './times.ts';

export interface DiffFigures {
  readonly files: number;
  readonly changed: number;
  readonly rounds: number;
  /** `docker diff`, in milliseconds, by subject. */
  readonly times: Readonly<Record<string, Figure>>;
}

const [FILES, CHANGED, IN_DIRECTORY] = [50_000, 100, 100];
const STEP = FILES / CHANGED;
const pathOf = (file: number): string => `tree/${Math.floor(file / IN_DIRECTORY)}/${file}`;

/** How long each dockerd takes to find a few changed files in a large tree, in turns. */
export async function diffFigures(
  subjects: readonly DockerSubject[],
  place: string,
  rounds: number,
): Promise<DiffFigures> {
  const tar = join(place, 'tree.tar');
  // At once: by a stream each of its hundred thousand parts is a write of its own.
  await writeFile(tar, await buffer(treeOf(FILES, 1)));
  const changes = await buffer(treeOf(CHANGED, STEP, ' anew'));
  const open: { readonly name: string; readonly again: () => Promise<number>; readonly times: number[] }[] = [];
  for (const { name, daemon } of subjects) {
    const begun = performance.now();
    await daemon.print('import', tar, 'tree');
    console.error(`bench: ${name} imported ${FILES} files in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    const { again } = await dockerDiffs(daemon, 'tree', changes, CHANGED);
    await again();
    open.push({ name, again, times: [] });
  }
  for (let round = 0; round < rounds; round++) for (const { again, times } of open) times.push(await again());
  const times = figures(Object.fromEntries(open.map(({ name, times }) => [name, times])));
  return { files: FILES, changed: CHANGED, rounds, times };
}

/** Every `step`th file of the tree. */
function treeOf(files: number, step: number, more = ''): ReturnType<typeof pack> {
  const tar = pack();
  for (let file = 0; file < files; file++)
    tar.entry({ name: pathOf(file * step) }, `the content of file ${file}${more}`);
  tar.finalize();
  return tar;
}
