import { print } from '../../../guest/print.ts';
import { realCrashSuite } from './real-crash.ts';

const shell = (text: string): string => print('sh', '-c', text);
/** LVM's devices as the kernel has them, from above downwards; what a power cut leaves of LVM's own view is not asked. */
const DEVICES = ['', '-tpool', '_tdata', '_tmeta'].map((part) => `docker-thinpool${part}`);
const HAS_GROUP = 'vgs docker >/dev/null 2>&1';

realCrashSuite({
  name: "direct-lvm's pool",
  canResize: false,
  make: (disk) => [`dm.directlvm_device=${disk.part('crash-lvm', 512)}`],
  start: () => shell(`! ${HAS_GROUP} || vgchange --quiet -ay docker`),
  stop: () => {
    const present = new Set(print('dmsetup', 'ls').split(/\s+/u));
    for (const name of DEVICES) if (present.has(name)) print('dmsetup', 'remove', '--retry', name);
  },
  withMetadata: (_, check) => {
    shell('lvchange --quiet --yes -ay docker/thinpool_tmeta');
    check('/dev/mapper/docker-thinpool_tmeta');
    shell('lvchange --quiet -an docker/thinpool_tmeta');
  },
  discard: () => {
    shell('vgremove --quiet --force --yes docker');
    shell('pvremove --quiet --force --yes /dev/mapper/crash-lvm');
  },
});
