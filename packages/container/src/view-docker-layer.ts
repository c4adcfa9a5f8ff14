import { BASE_VOLUME, DmError, parseStorageOptions } from '@dmthin/domain';
import { viewLayer } from '@dmthin/graphdriver';
import type { DockerStore } from '@dmthin/records-docker';
import { openLinuxKernel } from './machine/linux-kernel.ts';
import type { OpenOptions } from './open-options.ts';

/**
 * Mounts a layer of a Docker store at `target`, an existing directory, in which its `rootfs` is then; nothing of the store
 * is written, locked or left. Unmounting (umount) takes its devices away as well.
 * @throws DmError LOCKED: dockerd runs on it. NOT_FOUND: no such layer. NOT_SUPPORTED: kernel `fake`. BUSY: the layer is active.
 */
export async function viewDockerLayer(
  store: DockerStore,
  layer: string,
  target: string,
  { kernel: name = 'ioctl', storageOptions = [] }: Pick<OpenOptions, 'kernel' | 'storageOptions'> = {},
): Promise<void> {
  const { root, daemon, layers, pool } = store;
  if (daemon !== undefined)
    throw new DmError('LOCKED', `dockerd (pid ${daemon.pid}) runs on ${store.dockerRoot}`, {
      operation: 'view',
      subject: store.dockerRoot,
      remedy: 'Stop it first (systemctl stop docker.socket docker): what it changes meanwhile would be seen half.',
    });
  const record = layers.find(({ volume }) => volume === layer && volume !== BASE_VOLUME);
  if (record === undefined)
    throw new DmError('NOT_FOUND', `${root} has no layer "${layer}"`, {
      operation: 'view',
      subject: layer,
      remedy: 'dmthin adopt DIRECTORY lists those there are.',
    });
  if (name === 'fake')
    throw new DmError('NOT_SUPPORTED', 'kernel "fake" has no layers of Docker', {
      operation: 'view',
      subject: layer,
      remedy: 'Use kernel ioctl or dmsetup, where Docker was run.',
    });
  const options = parseStorageOptions([...pool.storageOptions, ...storageOptions]);
  const { kernel, threads } = await openLinuxKernel(name);
  const { createLinuxHost } = await import('@dmthin/host-linux');
  const host = createLinuxHost({ threads });
  try {
    await viewLayer({ kernel, ...host }, { root, options, layer: record, target });
  } finally {
    await host.close();
    await kernel.close();
  }
}
