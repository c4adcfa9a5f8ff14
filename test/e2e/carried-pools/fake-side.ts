import { type DeviceName, deviceName, sectors } from '@dmthin/domain';
import { createFakeKernel, FileStore } from '@dmthin/kernel-fake';
import { BLOCK_SECTORS, DATA_BLOCKS, type PoolFiles, type PoolSide, THIN_BLOCKS } from './pool-side.ts';

const POOL = deviceName('pool');
const THIN = deviceName('thin');

/** The pool on a fake kernel. */
export async function fakeSide(files: PoolFiles): Promise<PoolSide> {
  const kernel = createFakeKernel();
  const stores = [new FileStore(files.metadata), new FileStore(files.data)];
  for (const [minor, store] of stores.entries()) kernel.attach({ major: 7, minor }, store);

  async function bring(name: DeviceName, type: string, length: number, params: string): Promise<void> {
    await kernel.create(name);
    await kernel.load(name, [{ start: sectors(0), length: sectors(length), type, params }]);
    await kernel.resume(name);
  }

  await bring(POOL, 'thin-pool', DATA_BLOCKS * BLOCK_SECTORS, `7:0 7:1 ${BLOCK_SECTORS} 0`);
  return {
    message: async (text) => {
      await kernel.message(POOL, sectors(0), text);
    },
    status: async () => (await kernel.status(POOL))[0]?.text.trimEnd() ?? '',
    withThin: async (id, use) => {
      await bring(THIN, 'thin', THIN_BLOCKS * BLOCK_SECTORS, `/dev/mapper/pool ${id}`);
      const handle = kernel.open((await kernel.info(THIN)).number);
      use(handle);
      handle.close();
      await kernel.remove(THIN);
    },
    [Symbol.asyncDispose]: async () => {
      await kernel.remove(POOL);
      await kernel.close();
      for (const store of stores) store.close();
    },
  };
}
