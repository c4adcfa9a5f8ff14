import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Dockerd } from '../e2e/docker/dockerd.ts';
import { packRootFileSystem } from '../e2e/docker/root-file-system.ts';
import { command } from '../e2e/support/dmthin.ts';
import { dockerLifecycles } from './docker-subject.ts';
import { LineProcess } from './line-process.ts';
import type { Times } from './times.ts';

const run = promisify(execFile);

/** Blocks of 64 KiB over sparse files, as the figures of Docker's driver were taken. */
const [METADATA_SIZE, DATA_SIZE] = ['128M', 8 * 2 ** 30];
const SECTOR = 512;
const BASE_SECTORS = (256 * 2 ** 20) / SECTOR;
const LAYERS = ['dm.basesize=256M', 'dm.fs=ext4'];
/** As many as the largest tree has files. */
const INODES = 'dm.mkfsarg=-N65536';
const PLUGIN_SOCKET = '/run/docker/plugins/dmthin.sock';

/** Somebody whose lifecycles are timed. */
export interface Subject {
  readonly name: string;
  /** How many of its rounds stand beside ten of the floor's. */
  readonly share: number;
  block(rounds: number): Promise<Times>;
  close(): Promise<void>;
}

/** The least that anybody can do: test/bench/floor.c, over a pool and a base of its own. */
export async function floor(program: string, place: string): Promise<Subject> {
  const pool = await makePool('floor-pool', place);
  await run('dmsetup', ['message', pool, '0', 'create_thin 0']);
  await run('dmsetup', ['create', 'base', '--table', `0 ${BASE_SECTORS} thin /dev/mapper/${pool} 0`]);
  await run('mkfs.ext4', ['-q', '-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0', '/dev/mapper/base']);
  await run('dmsetup', ['remove', 'base']);
  const target = join(place, 'target');
  await mkdir(target);
  const child = new LineProcess(program, [pool, String(BASE_SECTORS), target]);
  return { name: 'floor', share: 10, block: (rounds) => child.ask(String(rounds)), close: () => child.close() };
}

export interface DriverSubject extends Subject {
  readonly process: LineProcess;
}

/** The whole driver in a process of its own. `own`: over a pool that it makes itself, which discards what it deletes. */
export async function driver(kernel: string, place: string, own = false): Promise<DriverSubject> {
  const name = own ? `${kernel}-own-pool` : kernel;
  const root = join(place, name);
  const pool = own
    ? [`dm.loopdatasize=${DATA_SIZE}`, `dm.loopmetadatasize=${METADATA_SIZE}`]
    : [`dm.thinpooldev=${await makePool(`${kernel}-pool`, place)}`];
  const script = join(import.meta.dirname, 'driver-process.js');
  const child = new LineProcess(process.execPath, [script, kernel, root, ...LAYERS, ...pool]);
  return {
    name,
    share: kernel === 'dmsetup' ? 1 : 10,
    process: child,
    block: (rounds) => child.ask(`lifecycles ${rounds}`),
    close: () => child.close(),
  };
}

export interface DockerSubject extends Subject {
  readonly daemon: Dockerd;
}

/** dockerd with its own driver, or with ours behind its plugin socket. */
export async function docker(storageDriver: 'devicemapper' | 'dmthin', place: string): Promise<DockerSubject> {
  const plugin = storageDriver === 'dmthin' ? await startPlugin() : undefined;
  const pool = await makePool(`${storageDriver}-pool`, place);
  const home = join(place, `docker-${storageDriver}`);
  const daemon = new Dockerd(storageDriver, home, [`dm.thinpooldev=/dev/mapper/${pool}`, INODES]);
  await daemon.start();
  await daemon.print('import', await packRootFileSystem(home), 'image');
  return {
    name: `docker-${storageDriver}`,
    share: 5,
    daemon,
    block: (rounds) => dockerLifecycles(daemon, 'image', rounds),
    close: async () => {
      await daemon.stop();
      plugin?.kill('SIGTERM');
    },
  };
}

async function startPlugin(): Promise<ChildProcess> {
  const [program = '', ...before] = command();
  const words = ['serve', '--kernel', 'ioctl', '--docker-plugin', PLUGIN_SOCKET];
  const child = spawn(program, [...before, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function makePool(name: string, place: string): Promise<string> {
  const device = async (file: string, size: string | number): Promise<string> => {
    await run('truncate', ['-s', String(size), join(place, file)]);
    return (await run('losetup', ['--find', '--show', join(place, file)])).stdout.trim();
  };
  const metadata = await device(`${name}-metadata`, METADATA_SIZE);
  const data = await device(`${name}-data`, DATA_SIZE);
  const table = `0 ${DATA_SIZE / SECTOR} thin-pool ${metadata} ${data} 128 0 1 skip_block_zeroing`;
  await run('dmsetup', ['create', name, '--table', table]);
  return name;
}
