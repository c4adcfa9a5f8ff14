import { DmError } from '../errors/dm-error.ts';
import { quoted } from '../errors/quoted.ts';
import { type DeviceName, deviceName } from './device-name.ts';

const DIRECTORY = '/dev/mapper/';

/**
 * The pool that `dm.thinpooldev` names: a device-mapper name, its node `/dev/mapper/<name>`, or LVM's node
 * `/dev/<group>/<volume>`. A name is taken to the letter; nothing is unescaped.
 * Docker takes any other path too, and then asks for `/dev/mapper//dev/vg/lv` (docker-devicemapper.md 1.2); here it is refused.
 * @throws DmError INVALID_ARGUMENT: another path, or not a device name.
 */
export function thinPoolName(value: string): DeviceName {
  const name = value.startsWith(DIRECTORY) ? value.slice(DIRECTORY.length) : lvmName(value);
  if (name.includes('/'))
    throw new DmError('INVALID_ARGUMENT', `${quoted(value)} is not the name of a thin pool`, {
      subject: value,
      remedy: 'Give its device-mapper name, or /dev/mapper/NAME (dmsetup ls --target thin-pool).',
    });
  return deviceName(name);
}

/** LVM's node `/dev/vg/lv` is the device `vg-lv`, with each dash of the two names doubled. Anything else is left. */
function lvmName(path: string): string {
  const [, group, volume] = /^\/dev\/([^/]+)\/([^/]+)$/u.exec(path) ?? [];
  if (group === undefined || volume === undefined) return path;
  return `${group.replaceAll('-', '--')}-${volume.replaceAll('-', '--')}`;
}
