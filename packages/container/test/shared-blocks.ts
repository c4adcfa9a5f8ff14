import { expect } from 'chai';
import { BLOCK_DEVICES, devicePath, parseSize, THIN_POOL, volumeId } from 'dmthin';
import type { Container } from 'inversify';

const DB = volumeId('db');
const COPY = volumeId('db-1');

/** Volume `db` and its snapshot `db-1` share what neither has written since. */
export async function expectSharedBlocks(container: Container): Promise<void> {
  const pool = await container.getAsync(THIN_POOL);
  const devices = await container.getAsync(BLOCK_DEVICES);
  const write = async (id: typeof DB, text: string): Promise<void> => {
    const device = await devices.open(devicePath(await pool.activate(id)));
    await device.write(0n, Buffer.alloc(4096, text));
    await device.close();
  };
  const read = async (id: typeof DB): Promise<string> => {
    const device = await devices.open(devicePath(await pool.activate(id)), { readOnly: true });
    const text = Buffer.from(await device.read(0n, 512)).toString('utf8', 0, 2);
    await device.close();
    return text;
  };
  await pool.create(DB, parseSize('1G'));
  await write(DB, 'aa');
  await pool.snapshot(COPY, DB);
  expect(await read(COPY)).to.equal('aa');
  await write(COPY, 'bb');
  expect([await read(DB), await read(COPY)]).to.deep.equal(['aa', 'bb']);
}
