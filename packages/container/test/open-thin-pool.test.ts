import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DmError, driverModules, openThinPool, parseSize, volumeId } from 'dmthin';
import { Container } from 'inversify';
import { expectSharedBlocks } from './shared-blocks.ts';

const OPTIONS = { kernel: 'fake', storageOptions: ['dm.loopdatasize=256M'] } as const;

describe('openThinPool', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'dmthin-pool-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('gives volumes that a later process finds again', async () => {
    const pool = await openThinPool({ root, ...OPTIONS });
    await pool.create(volumeId('db'), parseSize('1G'));
    await pool.snapshot(volumeId('db-1'), volumeId('db'));
    await pool.close();

    await using again = await openThinPool({ root, ...OPTIONS });
    expect([...again.volumes()].map(({ id }) => id)).to.have.members(['db', 'db-1']);
  });

  it('shares blocks until one side writes', async () => {
    const container = new Container({ defaultScope: 'Singleton' });
    container.load(...driverModules({ root, ...OPTIONS }));
    await expectSharedBlocks(container);
    await container.unbindAllAsync();
  });

  it('refuses no root, and a kernel that there is not, before anything is made', async () => {
    const refusals = [
      { ...OPTIONS, root: '' },
      { ...OPTIONS } as typeof OPTIONS & { readonly root: string },
      { root, kernel: 'fakee' as 'fake' },
    ].map((options) => openThinPool(options).catch((error: unknown) => error));
    for (const refused of await Promise.all(refusals))
      expect(DmError.is(refused, 'INVALID_ARGUMENT'), String(refused)).to.equal(true);
    expect(await readdir(root)).to.deep.equal([]);
  });

  it('refuses a root that is open, and gives it back when opening fails', async () => {
    const pool = await openThinPool({ root, ...OPTIONS });
    const refused = await openThinPool({ root, ...OPTIONS }).catch((error: unknown) => error);
    expect(DmError.is(refused, 'LOCKED'), String(refused)).to.equal(true);
    await pool.close();

    const missing = { root, kernel: 'fake', storageOptions: ['dm.thinpooldev=nowhere'] } as const;
    expect(await openThinPool(missing).catch((error: unknown) => error)).to.be.instanceOf(DmError);
    await (await openThinPool({ root, ...OPTIONS })).close();
  });
});
