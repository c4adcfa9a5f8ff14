import { readFile } from 'node:fs/promises';
import type { Dockerd } from './dockerd.ts';
import { layersOfSaved } from './saved-image.ts';
import { type Tree, treeOfTar } from './tree.ts';

export type Rows = readonly (readonly [label: string, value: string])[];

/** An image of two layers and the container from which the upper one was committed, as Docker tells of them. */
export interface DockerImages {
  /** The driver's ids of their layers. */
  readonly ids: Readonly<Record<Name, string>>;
  /** `GraphDriver.Data` of `docker inspect`. */
  readonly metadata: Readonly<Record<Name, Metadata>>;
  /** `docker export` of the container. */
  readonly container: Tree;
  /** `docker save` of the image: the lower layer, and what the upper one changes. */
  readonly layers: readonly [Buffer, Buffer];
}

export type Name = (typeof NAMES)[number];
interface Metadata {
  readonly DeviceName: string;
}

const NAMES = ['lower', 'upper', 'container'] as const;
const CHANGES = 'echo new >/etc/new; rm /etc/old; chmod 4711 /etc/new; mkdir -m 1777 /d; ln -s /etc/new /d/link';

/** Imports, runs, and commits. */
export async function makeImages(docker: Dockerd, tar: string): Promise<DockerImages> {
  await docker.print('import', tar, 'lower');
  await docker.print('run', '--network', 'none', '--name', 'container', 'lower', '/bin/sh', '-c', CHANGES);
  await docker.print('commit', 'container', 'upper');
  const lines = await docker.print('inspect', '--format', '{{json .GraphDriver.Data}}', ...NAMES);
  const [lower, upper, container] = lines.match(/.+/gu)?.map((line) => JSON.parse(line) as Metadata) ?? [];
  if (lower === undefined || upper === undefined || container === undefined) throw new Error(lines);
  const [base, changes] = await layersOfSaved(await docker.bytes('save', 'upper'));
  if (base === undefined || changes === undefined) throw new Error('the image has not two layers');
  return {
    ids: { lower: idOf(lower), upper: idOf(upper), container: idOf(container) },
    metadata: { lower, upper, container },
    container: await treeOfTar(await docker.bytes('export', 'container')),
    layers: [base, changes],
  };
}

/** The driver's rows of `docker info`. */
export async function rowsOf(docker: Dockerd): Promise<Rows> {
  return JSON.parse(await docker.print('info', '--format', '{{json .DriverStatus}}')) as Rows;
}

/** What dockerd's log has of its driver besides information, each once; but for what it says of every pool over files. */
export async function complaintsOf(docker: Dockerd): Promise<ReadonlySet<string>> {
  const lines = (await readFile(docker.logFile, 'utf8')).split('\n');
  const ofDriver = lines.filter((line) => /level=(?!info)/u.test(line) && /dev(?:ice)?mapper/u.test(line));
  const known = /Usage of loopback devices/u;
  return new Set(ofDriver.filter((line) => !known.test(line)).map((line) => line.replace(/^time="\S+" /u, '')));
}

/** The id of a layer whose device has this name: `docker-253:1-17538953-ID`. */
function idOf({ DeviceName }: Metadata): string {
  return DeviceName.replace(/^docker-\d+:\d+-\d+-/u, '');
}
