import { readdir, readFile, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import * as v from 'valibot';
import { jsonFile } from './json-file.ts';

export interface DockerDaemon {
  readonly pid: number;
}

const DEFAULT_DATA_ROOT = '/var/lib/docker';
const DATA_ROOT = v.object({ 'data-root': v.nullish(v.string(), ''), graph: v.nullish(v.string(), '') });

/**
 * The dockerd that runs on `dockerRoot`, found among the processes: where its pid file is, its settings may say. undefined
 * where none does that can be seen from here.
 */
export async function daemonOf(dockerRoot: string, daemonFile: string): Promise<DockerDaemon | undefined> {
  for (const pid of await processes()) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (!/(^|\/)dockerd$/u.test(words[0] ?? '')) continue;
    const dataRoot = await realpath(dataRootIn(words) ?? (await dataRootOf(daemonFile))).catch(() => undefined);
    // With userns-remap its root is a directory in the data root.
    if (dataRoot !== undefined && (dockerRoot === dataRoot || dockerRoot.startsWith(`${dataRoot}${sep}`)))
      return { pid: Number(pid) };
  }
  return undefined;
}

async function processes(): Promise<readonly string[]> {
  return (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/u.test(name));
}

/** Where Docker keeps its data, by its settings file. */
export async function dataRootOf(daemonFile: string): Promise<string> {
  const { 'data-root': dataRoot = '', graph = '' } = (await jsonFile(daemonFile, DATA_ROOT)) ?? {};
  return dataRoot || graph || DEFAULT_DATA_ROOT;
}

/** `--data-root DIR`, `--data-root=DIR`, and the older `--graph` and `-g`. */
function dataRootIn(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    const [, inWord] = /^(?:--data-root|--graph|-g)=(.+)$/u.exec(word) ?? [];
    if (inWord !== undefined) return inWord;
    if (/^(?:--data-root|--graph|-g)$/u.test(word)) return words[index + 1];
  }
  return undefined;
}
