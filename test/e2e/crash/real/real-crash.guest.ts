import { join } from 'node:path';
import { KernelDevices } from '../../../guest/kernel-devices.ts';
import { print } from '../../../guest/print.ts';
import { realCrashSuite } from './real-crash.ts';

const TABLE = `0 ${512 * 2048} thin-pool /dev/mapper/crash-metadata /dev/mapper/crash-data 128 0 1 skip_block_zeroing`;

realCrashSuite({
  name: 'a given pool',
  canResize: false,
  make: (disk) => {
    disk.part('crash-data', 512);
    disk.part('crash-metadata', 8);
    return ['dm.thinpooldev=/dev/mapper/crash-pool'];
  },
  start: () => print('dmsetup', 'create', 'crash-pool', '--table', TABLE),
  stop: () => print('dmsetup', 'remove', '--retry', 'crash-pool'),
  withMetadata: (_, check) => check('/dev/mapper/crash-metadata'),
  discard: () => undefined,
});

realCrashSuite({
  name: 'a pool over loop files',
  canResize: true,
  make: () => ['dm.loopdatasize=256M', 'dm.loopmetadatasize=8M'],
  start: () => undefined,
  stop: () => undefined,
  withMetadata: (root, check) => {
    using devices = new KernelDevices();
    check(devices.attach(join(root, 'devicemapper/metadata')));
  },
  discard: () => undefined,
});
