import { DIRECT_LVM_POOL, type DirectLvmOptions, DmError } from '@dmthin/domain';
import type { VolumeGroups } from '@dmthin/ports';
import type { GraphDriverPorts } from '../../ports.ts';

/** Docker's names, by which its roots find the pool (docker-devicemapper.md 1.3). */
export const GROUP = 'docker';
export const DATA = 'thinpool';
export const METADATA = 'thinpoolmeta';

/** How far a set-up has come: nothing is there, the group with none or some of its volumes, or the whole pool. */
export type Progress = 'nothing' | 'group' | 'pool';

type LookPorts = Pick<GraphDriverPorts, 'kernel' | 'blockDevices' | 'filesystems'> & {
  readonly volumeGroups: VolumeGroups;
};

/**
 * Looks before anything is written, and refuses whatever would destroy data: a device with a filesystem, one that is used,
 * another's volume group, a group of Docker's name with volumes that may hold something.
 * @param isOurs a set-up was begun on this device by this root, so that what is half made is its own.
 * @throws DmError NOT_FOUND, BUSY, CONFLICT: with Docker's texts where it has them.
 */
export async function lookAtDevice(ports: LookPorts, options: DirectLvmOptions, isOurs: boolean): Promise<Progress> {
  const { device } = options;
  await ports.blockDevices.identify(device).catch((cause: unknown) => {
    throw refusal(
      'NOT_FOUND',
      `${device} is not available for use with devicemapper`,
      'Give a block device (lsblk).',
      cause,
    );
  });
  const info = await ports.volumeGroups.inspect(device);
  if (info?.group === undefined) {
    await refuseForeignGroup(ports.volumeGroups, device);
    if (info === undefined) await refuseUsed(ports, options);
    return 'nothing';
  }
  if (info.group !== GROUP)
    throw refusal(
      'CONFLICT',
      `${device} is already part of a volume group "${info.group}": must remove this device from any volume group or provide a different device`,
      `vgreduce ${info.group} ${device}, if nothing in it is needed.`,
    );
  return progressOf(ports, device, isOurs);
}

async function refuseForeignGroup(groups: VolumeGroups, device: string): Promise<void> {
  const volumes = await groups.listVolumes(GROUP);
  if (volumes.length === 0) return;
  throw refusal(
    'CONFLICT',
    `there is a volume group "${GROUP}" already, with ${volumes.join(', ')}, and ${device} is not in it`,
    `If its pool is the one that is meant, give dm.thinpooldev=${GROUP}-${DATA}; else rename it (vgrename ${GROUP} NAME).`,
  );
}

async function refuseUsed(
  { blockDevices, filesystems }: LookPorts,
  { device, force }: DirectLvmOptions,
): Promise<void> {
  const open = await blockDevices.open(device, { exclusive: true }).catch((cause: unknown) => {
    if (!DmError.is(cause, 'BUSY')) throw cause;
    throw refusal(
      'BUSY',
      `${device} is in use: a mount, a table or another program has it`,
      'Give a device that is free (lsblk).',
      cause,
    );
  });
  await open.close();
  const filesystem = await filesystems.probe(device);
  if (filesystem === undefined || force) return;
  throw refusal(
    'CONFLICT',
    `${device} has a filesystem already, use dm.directlvm_device_force=true if you want to wipe the device`,
    `It is ${filesystem.type}, uuid ${filesystem.uuid}; nothing was changed.`,
  );
}

async function progressOf({ kernel, volumeGroups }: LookPorts, device: string, isOurs: boolean): Promise<Progress> {
  const volumes = await volumeGroups.listVolumes(GROUP);
  const others = volumes.filter((name) => name !== DATA && name !== METADATA);
  if (others.length > 0)
    throw refusal(
      'CONFLICT',
      `volume group "${GROUP}" on ${device} has other volumes: ${others.join(', ')}`,
      `Rename the group (vgrename ${GROUP} NAME), or give another device.`,
    );
  const [target] = await kernel.table(DIRECT_LVM_POOL).catch((error: unknown) => {
    if (DmError.is(error, 'NOT_FOUND')) return [];
    throw error;
  });
  if (volumes.includes(DATA) && target?.type === 'thin-pool') return 'pool';
  // Empty volumes of a set-up that was cut off cannot be told from somebody's data by what is in them.
  if (volumes.length > 0 && !isOurs)
    throw refusal(
      'CONFLICT',
      `volume group "${GROUP}" on ${device} has ${volumes.join(', ')}, and no set-up of this root made them`,
      `If a set-up of Docker's was cut off there and nothing in them is needed: lvremove ${volumes.map((name) => `${GROUP}/${name}`).join(' ')}, then start again.`,
    );
  return 'group';
}

function refusal(code: 'NOT_FOUND' | 'BUSY' | 'CONFLICT', message: string, remedy: string, cause?: unknown): DmError {
  return new DmError(code, message, { operation: 'open', subject: 'dm.directlvm_device', remedy, cause });
}
