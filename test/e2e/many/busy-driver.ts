import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GraphDriver, openGraphDriver } from 'dmthin';
import { print } from '../../guest/print.ts';

export const LAYERS = 64;
const STORAGE_OPTIONS = ['dm.fs=ext4', 'dm.basesize=32M', 'dm.loopdatasize=16G', 'dm.loopmetadatasize=16M'];
/** Blocks of 64 KiB of the large layer that hold something. */
const MAPPED = 4096;

export function openBusy(root: string): Promise<GraphDriver> {
  return openGraphDriver({ root, kernel: 'ioctl', storageOptions: STORAGE_OPTIONS });
}

/** Layer `parent`; layer `large` of 10 GB, to be discarded; and a device to make a file system on, whose node it gives. */
export async function prepare(driver: GraphDriver): Promise<string> {
  await driver.create('parent');
  const { deviceName } = await driver.create('large', { storageOptions: { size: '10G' } });
  await driver.mount('large');
  const device = await open(`/dev/mapper/${deviceName}`, 'r+');
  const page = Buffer.alloc(4096, 1);
  // Behind what the file system, which goes with the layer, has written itself.
  for (let block = 0; block < MAPPED; block++) writeSync(device.fd, page, 0, page.length, 2 ** 31 + block * 65_536);
  await device.close();
  await driver.unmount('large');
  const { poolName } = await driver.status();
  const disk = await driver.create('disk');
  print(
    'dmsetup',
    'create',
    `busy-${process.pid}`,
    '--table',
    `0 ${4 * 2 ** 21} thin /dev/mapper/${poolName} ${disk.deviceId}`,
  );
  return `/dev/mapper/busy-${process.pid}`;
}

/** All at once: a whole life of each of so many layers, a removal that discards 10 GB, and a mkfs. */
export async function beBusy(driver: GraphDriver, disk: string): Promise<void> {
  const live = async (id: string): Promise<void> => {
    await driver.create(id, { parent: 'parent' });
    await writeFile(join(await driver.mount(id), 'own'), id);
    await driver.unmount(id);
    const root = await driver.mount(id);
    if ((await readFile(join(root, 'own'), 'utf8')) !== id) throw new Error(`layer ${id} has lost what was written`);
    await driver.unmount(id);
    await driver.remove(id);
  };
  const mkfs = spawn('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=0', disk], { stdio: 'inherit' });
  const made = once(mkfs, 'exit');
  await Promise.all([driver.remove('large'), ...Array.from({ length: LAYERS }, (_, index) => live(`layer-${index}`))]);
  const [status] = (await made) as [number];
  if (status !== 0) throw new Error('mkfs failed');
}

export async function finish(driver: GraphDriver, disk: string): Promise<void> {
  print('dmsetup', 'remove', '--retry', disk);
  await driver.close();
}

/** As a process of its own, which begins where it reads a line: `busy-driver.js ROOT`. */
if (process.argv[1] === import.meta.filename) {
  const driver = await openBusy(process.argv[2] ?? '');
  const disk = await prepare(driver);
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  await beBusy(driver, disk);
  process.stdout.write('done\n');
  await finish(driver, disk);
  process.exit();
}
