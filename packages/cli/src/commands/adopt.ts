import { resolve } from 'node:path';
import { DmError, humanSize } from '@dmthin/domain';
import type { DockerStore } from 'dmthin';
import type { Command } from '../command/command.ts';
import { formatRows, formatTable } from '../output/table.ts';

export const adopt: Command = {
  name: 'adopt',
  summary: 'show what is in a Docker store with the devicemapper driver, and take it over in place',
  description:
    'Without --write it only looks: nothing is locked or written, and a running dockerd is not disturbed. With ' +
    '--mount a layer of it is mounted as well, with everything below it read-only, until it is unmounted (umount DIRECTORY). With ' +
    "--write the store is opened where it is, as any root is (recovery, checks), its layers' parents are noted, and nothing " +
    'else is changed: Docker can be started on it again. Storage options lead to its pool; those of /etc/docker/daemon.json ' +
    'are taken where they are for this store.',
  arguments: [
    { name: 'directory', description: "Docker's root, /var/lib/docker, or the devicemapper directory in it" },
  ],
  options: [
    { name: 'write', description: 'take it over, so that layers can be made and removed' },
    { name: 'mount', value: 'LAYER', description: 'mount this layer read-only; its content is in rootfs below --at' },
    { name: 'at', value: 'DIRECTORY', description: 'where to mount it, an empty directory' },
  ],
  json:
    '`{root, written, dockerd, pool: {kind, storageOptions}, base: {uuid, filesystem, size}, layers, broken}`; `layers` an ' +
    'array of `{id, role, parent, deviceId, size, isDeleted}`, `role` one of `image`, `container`, `container-init`, `unlisted`',
  examples: ['dmthin adopt /var/lib/docker', 'dmthin adopt /var/lib/docker --write'],
  async run({ argument, flag, option, output, settings, withDriver }) {
    if (option('at') !== undefined && option('mount') === undefined)
      throw new DmError('INVALID_ARGUMENT', '--at needs --mount', {
        remedy: 'Say which layer: --mount LAYER --at DIRECTORY.',
      });
    const { surveyDockerStore, viewDockerLayer } = await import('dmthin');
    const store = await surveyDockerStore(argument('directory'));
    const layer = option('mount');
    if (layer !== undefined) await viewDockerLayer(store, layer, directoryOf(option('at')), settings);
    if (flag('write')) {
      const { root } = store;
      const parents = new Map(
        store.layers.flatMap(({ volume, parent }) => (parent === undefined ? [] : [[volume, parent]])),
      );
      // The start does it all, and refuses a store whose dockerd runs; what it finds is in the log.
      await withDriver((driver) => driver.status(), { root, storageOptions: store.pool.storageOptions, parents });
    }
    await output.answer(described(store, flag('write')), () => asText(store, flag('write')));
  },
};

function directoryOf(at: string | undefined): string {
  if (at !== undefined) return resolve(at);
  throw new DmError('INVALID_ARGUMENT', '--mount needs --at', { remedy: 'Say where: --mount LAYER --at DIRECTORY.' });
}

function described(store: DockerStore, written: boolean): unknown {
  const { root, daemon, pool, base, records, layers } = store;
  return {
    root,
    written,
    dockerd: daemon?.pid,
    pool,
    base: { uuid: records.pool?.baseUuid, filesystem: records.pool?.baseFilesystem, size: base?.size },
    layers: layers.map(({ volume, role, parent, thinId, size, isDeleted }) => ({
      id: volume,
      role,
      parent,
      deviceId: thinId,
      size,
      isDeleted,
    })),
    broken: records.broken.map(({ name, reason }) => ({ name, reason })),
  };
}

function asText(store: DockerStore, written: boolean): string {
  const { root, daemon, pool, base, records, layers } = store;
  const options = pool.storageOptions.map((option) => ` --storage-opt ${option}`).join('');
  const facts = formatRows([
    ['Root', root],
    ['Used by', daemon === undefined ? 'nobody' : `dockerd, pid ${daemon.pid}`],
    ['Pool', POOLS[pool.kind]],
    [
      'Base device',
      base === undefined
        ? '-'
        : `${humanSize(base.size)}, ${records.pool?.baseFilesystem ?? '?'}, ${records.pool?.baseUuid ?? '?'}`,
    ],
    ['Layers', String(layers.length)],
    ...records.broken.map(({ name, reason }): [string, string] => ['Broken record', `${name}: ${reason}`]),
  ]);
  const table = formatTable(
    ['LAYER', 'ROLE', 'PARENT', 'DEVICE', 'SIZE'],
    layers.map(({ volume, role, parent, thinId, size, isDeleted }) => [
      volume,
      isDeleted ? 'deleted' : role,
      parent ?? '-',
      String(thinId),
      humanSize(size),
    ]),
  );
  const next = written
    ? `It is taken over. Go on with: dmthin --root ${root}${options} ls`
    : 'Nothing was changed. Take it over with --write, while dockerd is stopped.';
  return [facts, ...(layers.length === 0 ? [] : [table]), next].join('\n\n');
}

const POOLS: Readonly<Record<DockerStore['pool']['kind'], string>> = {
  files: 'over the sparse files in it',
  'direct-lvm': 'docker-thinpool, made by direct-lvm',
  settings: "as Docker's settings say",
  unknown: 'not to be told from its files: give dm.thinpooldev, or dm.datadev and dm.metadatadev',
};
