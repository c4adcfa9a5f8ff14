import {
  type DeviceName,
  DIRECT_LVM_POOL,
  DmError,
  devicePath,
  formatDeviceNumber,
  poolDeviceName,
  type StorageOptions,
  sectorsOf,
  thinPoolTable,
  thinTable,
  volumeDeviceName,
} from '@dmthin/domain';
import { attempting } from '@dmthin/engine';
import type { VolumeRecord } from '@dmthin/ports';
import { layoutOf, prefixOf } from '../layout/root-layout.ts';
import { infoOf } from '../pool/device-info.ts';
import type { GraphDriverPorts } from '../ports.ts';

export type ViewPorts = Pick<GraphDriverPorts, 'kernel' | 'blockDevices' | 'loopDevices' | 'filesystems' | 'mounts'>;

export interface LayerView {
  /** The driver's directory, whose records are not looked at. */
  readonly root: string;
  readonly options: StorageOptions;
  readonly layer: VolumeRecord;
  /** An existing directory. */
  readonly target: string;
}

/**
 * Mounts a layer of a root that is not opened, so that nothing of it can change: the pool, where it has to be made, the
 * device and the mount are all read-only, and a journal is left as it is. Unmounting takes all of it away again.
 * @throws DmError NOT_SUPPORTED: this kernel removes nothing later. BUSY: the layer is active. What devices and mounts throw.
 */
export async function viewLayer(ports: ViewPorts, { root, options, layer, target }: LayerView): Promise<void> {
  const { kernel, mounts, filesystems } = ports;
  if (!kernel.capabilities.deferredRemove)
    throw new DmError('NOT_SUPPORTED', 'a layer cannot be looked at here: nothing would take its device away again', {
      operation: 'view',
      subject: layer.volume,
      remedy: 'Take the root over (--write), and mount the layer then.',
    });
  const prefix = await prefixOf(layoutOf(root));
  const device = volumeDeviceName(prefix, layer.volume);
  await refuseActive(ports, device);
  const given = options.directLvm === undefined ? options.thinPool : DIRECT_LVM_POOL;
  const pool = given ?? poolDeviceName(prefix);
  const isMade = given === undefined && (await makePool(ports, root, options, pool));
  try {
    const { number } = await kernel.info(pool);
    const { thinId, size } = layer;
    const table = thinTable({ pool: formatDeviceNumber(number), thinId, size: sectorsOf(size) });
    await kernel.sequence([
      { command: 'create', device },
      { command: 'load', device, table, readOnly: true },
      { command: 'resume', device },
    ]);
    try {
      const type = (await filesystems.probe(devicePath(device)))?.type ?? 'ext4';
      await mounts.mount({
        source: devicePath(device),
        target,
        type,
        options: ['ro', ...(WITHOUT_JOURNAL[type] ?? [])],
      });
    } finally {
      // It goes with the mount, or now where there is none.
      await kernel.remove(device, { deferred: true });
    }
  } catch (error) {
    throw attempting(`mount layer "${layer.volume}" read-only`, error);
  } finally {
    if (isMade) await kernel.remove(pool, { deferred: true });
  }
}

/** What keeps a file system from writing even where it was not unmounted. */
const WITHOUT_JOURNAL: Readonly<Record<string, readonly string[]>> = {
  ext4: ['noload'],
  xfs: ['norecovery', 'nouuid'],
};

async function refuseActive({ kernel }: ViewPorts, device: DeviceName): Promise<void> {
  if ((await infoOf(kernel, device)) === undefined) return;
  throw new DmError('BUSY', `device ${device} is active already: somebody uses the layer`, {
    operation: 'view',
    subject: device,
    remedy: 'Look where it is mounted (findmnt), or take the root over (--write).',
  });
}

/** The pool over the root's files or devices, read-only and under the name that its owner looks for. False: it is there. */
async function makePool(ports: ViewPorts, root: string, options: StorageOptions, name: DeviceName): Promise<boolean> {
  const { kernel, blockDevices, loopDevices } = ports;
  if ((await infoOf(kernel, name)) !== undefined) return false;
  const { dataFile, metadataFile } = layoutOf(root);
  // The kernel opens the data device for writing, whatever the table says; the pool itself is what writes nothing.
  const data = options.dataDevice ?? (await loopDevices.attach(dataFile)).path;
  const metadata = options.metadataDevice ?? (await loopDevices.attach(metadataFile, { readOnly: true })).path;
  const size = sectorsOf(await blockDevices.size(data));
  const features = ['skip_block_zeroing', 'read_only'] as const;
  const table = thinPoolTable({ metadata, data, size, blockSize: options.blockSize, features });
  await kernel.create(name);
  try {
    await kernel.sequence([
      { command: 'load', device: name, table },
      { command: 'resume', device: name },
    ]);
  } catch (error) {
    await kernel.remove(name);
    throw attempting(`make the pool "${name}" read-only`, error);
  }
  return true;
}
