import { readdir, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import * as v from 'valibot';
import { fileReader } from '../disk/read-file.ts';
import { jsonFile } from './json-file.ts';

export interface DockerDaemon {
  readonly pid: number;
}

/** What dockerd reads where it is told nothing else. */
export const DAEMON_FILE = '/etc/docker/daemon.json';
export const DRIVER = 'devicemapper';
const DEFAULT_DATA_ROOT = '/var/lib/docker';
/** Bytes of a command line that are read: more than dockerd's options ever were. */
const LONGEST = 65_536;
const TEXT = v.nullish(v.string(), '');
const SETTINGS = v.object({ 'data-root': TEXT, graph: TEXT, 'storage-driver': TEXT });

/**
 * The dockerd that runs on `dockerRoot` with the devicemapper driver, or with one that it does not name, found among the
 * processes: where its pid file is, its settings may say. undefined where none does that can be seen from here.
 */
export async function daemonOf(dockerRoot: string, daemonFile: string): Promise<DockerDaemon | undefined> {
  for (const { pid, words } of await dockerds()) {
    const settings = await jsonFile(optionIn(words, ['--config-file']) ?? daemonFile, SETTINGS);
    const driver = optionIn(words, ['--storage-driver', '-s']) || settings?.['storage-driver'];
    if (driver && driver !== DRIVER) continue;
    const given = optionIn(words, ['--data-root', '--graph', '-g']) || dataRootIn(settings);
    const dataRoot = await realpath(given).catch(() => undefined);
    // With userns-remap its root is a directory in the data root.
    if (dataRoot !== undefined && (dockerRoot === dataRoot || dockerRoot.startsWith(`${dataRoot}${sep}`)))
      return { pid };
  }
  return undefined;
}

async function dockerds(): Promise<readonly { readonly pid: number; readonly words: readonly string[] }[]> {
  const read = fileReader();
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/u.test(name));
  const processes = await Promise.all(
    pids.map(async (pid) => {
      // One that ended meanwhile has none.
      const line = await read(`/proc/${pid}/cmdline`, LONGEST).catch(() => Buffer.of());
      return { pid: Number(pid), words: line.toString().split('\0') };
    }),
  );
  return processes.filter(({ words: [program = ''] }) => /(^|\/)dockerd$/u.test(program));
}

/** Where Docker keeps its data, by its settings file. */
export async function dataRootOf(daemonFile: string): Promise<string> {
  return dataRootIn(await jsonFile(daemonFile, SETTINGS));
}

function dataRootIn(settings: v.InferOutput<typeof SETTINGS> | undefined): string {
  return settings?.['data-root'] || settings?.graph || DEFAULT_DATA_ROOT;
}

/** The last of `--name VALUE` and `--name=VALUE`, which is the one that holds; by any of its names. */
function optionIn(words: readonly string[], names: readonly string[]): string | undefined {
  return words.reduce<string | undefined>((found, word, index) => {
    if (names.includes(word)) return words[index + 1];
    const name = names.find((each) => word.startsWith(`${each}=`));
    return name === undefined ? found : word.slice(name.length + 1);
  }, undefined);
}
