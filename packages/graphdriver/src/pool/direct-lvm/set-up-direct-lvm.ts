import { mkdir, realpath } from 'node:fs/promises';
import { bytes, DIRECT_LVM_POOL, type DirectLvmOptions, DmError } from '@dmthin/domain';
import { attempting } from '@dmthin/engine';
import type { LoadedRecords, VolumeGroups } from '@dmthin/ports';
import { fileError } from '../../file/file-error.ts';
import type { RootLayout } from '../../layout/root-layout.ts';
import { MarkDirectory } from '../../mark/mark-directory.ts';
import { rawPathOfText } from '../../path/raw-path.ts';
import type { GraphDriverPorts } from '../../ports.ts';
import { DATA, GROUP, lookAtDevice, METADATA } from './look-at-device.ts';
import { effectiveShares, readSetupConfig, type SetupConfig, writeSetupConfig } from './setup-config.ts';

/** LVM's profile, and its chunk (docker-devicemapper.md 1.3). */
const PROFILE = 'docker-thinpool';
const CHUNK = bytes(512 * 1024);

type SetUpPorts = Pick<GraphDriverPorts, 'kernel' | 'blockDevices' | 'filesystems' | 'volumeGroups' | 'log'>;

/**
 * Has LVM make the pool `docker-thinpool` on a device, once. A set-up that was cut off at any step is gone on with
 * (docker-devicemapper.md 12.1, defect 12): that it was begun on this device is noted before the first.
 * @throws DmError NOT_SUPPORTED: no LVM here. NOT_FOUND, BUSY, CONFLICT: the device is not to be taken; nothing was changed.
 * @throws DmError what LVM meets; the next start goes on from there.
 */
export async function setUpDirectLvm(
  ports: SetUpPorts,
  layout: RootLayout,
  options: DirectLvmOptions,
  loaded: Pick<LoadedRecords, 'identity' | 'volumes'>,
): Promise<void> {
  const config = await readSetupConfig(layout.setupConfig);
  if (config !== undefined) return refuseOtherConfig(ports, config, options);
  refuseRootWithPool(loaded);
  const { volumeGroups } = ports;
  if (volumeGroups === undefined) throw noLvm(options);
  const begun = await openMarks(layout.settingUp);
  const mark = encodeURIComponent(await realpath(options.device).catch(() => options.device));
  const progress = await lookAtDevice({ ...ports, volumeGroups }, options, begun.has(mark));
  await begun.add(mark, { lasting: true });
  try {
    if (progress === 'nothing') await volumeGroups.createGroup(GROUP, options.device);
    if (progress !== 'pool') await makePool(volumeGroups, options);
    const { autoExtendThreshold, autoExtendPercent } = effectiveShares(options);
    await volumeGroups.setAutoextend(GROUP, DATA, PROFILE, autoExtendThreshold ?? 0, autoExtendPercent ?? 0);
    await writeSetupConfig(layout.setupConfig, options);
  } catch (error) {
    throw attempting(
      `set up direct-lvm on ${options.device}`,
      error,
      'Mend that and start again: it goes on from there.',
    );
  }
  await begun.remove(mark);
}

async function openMarks(directory: string): Promise<MarkDirectory> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, 'make directory', rawPathOfText(directory));
  }
  return MarkDirectory.open(directory);
}

async function makePool(groups: VolumeGroups, options: DirectLvmOptions): Promise<void> {
  const { thinpPercent, thinpMetaPercent } = effectiveShares(options);
  const there = await groups.listVolumes(GROUP);
  if (!there.includes(DATA)) await groups.createVolume(GROUP, DATA, thinpPercent ?? 0);
  if (!there.includes(METADATA)) await groups.createVolume(GROUP, METADATA, thinpMetaPercent ?? 0);
  await groups.convertToThinPool(GROUP, DATA, METADATA, CHUNK);
}

/** A device that is named by another path is the same device; shares that are not given are the defaults. */
async function refuseOtherConfig(
  { blockDevices }: SetUpPorts,
  config: SetupConfig,
  options: DirectLvmOptions,
): Promise<void> {
  const [was, is] = await Promise.all(
    [config.device, options.device].map(async (device) => {
      const number = await blockDevices.identify(device).catch(() => undefined);
      return number === undefined ? device : `${number.major}:${number.minor}`;
    }),
  );
  const isSame =
    (config.device === options.device || was === is) &&
    JSON.stringify(effectiveShares(config)) === JSON.stringify(effectiveShares(options));
  if (isSame) return;
  throw new DmError('CONFLICT', 'changing direct-lvm config is not supported', {
    operation: 'open',
    subject: 'dm.directlvm_device',
    remedy:
      `It was set up on ${config.device}; give the options it was set up with, or dm.thinpooldev=docker-thinpool alone. ` +
      'Change the pool itself with lvextend and lvchange.',
  });
}

/** Its layers are in the pool it has. */
function refuseRootWithPool({ identity, volumes }: Pick<LoadedRecords, 'identity' | 'volumes'>): void {
  const isOther = identity === undefined ? volumes.length > 0 : identity.poolName !== DIRECT_LVM_POOL;
  if (!isOther) return;
  throw new DmError(
    'CONFLICT',
    `this root has its layers in ${identity === undefined ? 'another pool' : `pool "${identity.poolName}"`}, and direct-lvm would give it another`,
    {
      operation: 'open',
      subject: 'dm.directlvm_device',
      remedy: 'Leave out dm.directlvm_device, or begin with an empty root. Nothing was changed.',
    },
  );
}

function noLvm({ device }: DirectLvmOptions): DmError {
  return new DmError('NOT_SUPPORTED', 'dm.directlvm_device is not supported: this driver does not set LVM up here', {
    operation: 'open',
    subject: 'dm.directlvm_device',
    remedy:
      `Make the pool yourself (vgcreate docker ${device}; lvcreate --type thin-pool -l 95%VG -n thinpool docker) ` +
      'and give dm.thinpooldev=docker-thinpool; a pool that Docker has made this way is opened by that as well.',
  });
}
