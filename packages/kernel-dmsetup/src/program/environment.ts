import { existsSync } from 'node:fs';

/** Where udevd listens while it runs (libudev's own test). */
const UDEV_CONTROL = '/run/udev/control';
/** dmsetup is in one of these, and the PATH of those who are not root has none of them. */
const SYSTEM_PATHS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Whether udev sees to device-mapper's nodes here: it runs, and nobody said to leave it out (DM_DISABLE_UDEV). */
export function udevRuns(): boolean {
  const { DM_DISABLE_UDEV: disabled } = process.env;
  return disabled === undefined && existsSync(UDEV_CONTROL);
}

/**
 * What dmsetup finds in its environment: the process's own, but for what changes libdm's ways. C words make its
 * messages readable to a program; without udev, DM_DISABLE_UDEV makes libdm see to the nodes under /dev/mapper itself,
 * which it would otherwise leave to nobody (dm-kernel.md 6.3).
 */
export function dmsetupEnvironment(udev: boolean): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(DM_|LC_|LANG)/u.test(name));
  const { PATH: path = '/usr/bin:/bin' } = process.env;
  return {
    ...Object.fromEntries(inherited),
    PATH: [path, ...SYSTEM_PATHS].join(':'),
    LC_ALL: 'C',
    ...(udev ? {} : { DM_DISABLE_UDEV: '1' }),
  };
}
