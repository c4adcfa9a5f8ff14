import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DmError, FAKE_MACHINE, type FakeMachine, GRAPH_DRIVER, type KernelName } from 'dmthin';
import type { Container } from 'inversify';
import { isFull, type Sandboxes } from '../src/sandboxes.ts';
import { createService, SANDBOXES } from '../src/service.ts';

const KERNEL: KernelName = 'fake';

describe('the sandbox service', () => {
  let directory: string;
  let service: Container;
  let sandboxes: Sandboxes;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sandbox-service-'));
    await mkdir(join(directory, 'image'));
    await writeFile(join(directory, 'image', 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    await start();
    await sandboxes.prepareImage(join(directory, 'image'));
  });
  afterEach(async () => {
    await service.unbindAllAsync();
    await rm(directory, { recursive: true });
  });

  async function start(): Promise<void> {
    service = createService(join(directory, 'root'), KERNEL);
    sandboxes = await service.getAsync(SANDBOXES);
  }
  const machine = (): Promise<FakeMachine> => service.getAsync(FAKE_MACHINE);
  const layers = async (): Promise<string[]> => (await service.getAsync(GRAPH_DRIVER)).layers().map(({ id }) => id);
  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );
  /** The power goes: whatever the service does about it fails, and it is started anew. */
  async function restartAfterPowerCut(): Promise<void> {
    (await machine()).kernel.faults.crashNow();
    await service.unbindAllAsync().catch(() => undefined);
    await start();
  }

  it('forks a sandbox a request, none of which sees what another writes', async () => {
    const [one, other] = await Promise.all([sandboxes.fork(), sandboxes.fork()]);
    await writeFile(join(one.directory, 'note'), 'of the one');
    expect(await readdir(one.directory)).to.have.members(['note', 'run.sh']);
    expect(await readdir(other.directory)).to.deep.equal(['run.sh']);
    await sandboxes.discard(one);
    await sandboxes.discard(other);
    expect(await layers()).to.deep.equal(['image']);
  });

  it('commits a sandbox that runs, and forks what it was then', async () => {
    const sandbox = await sandboxes.fork();
    await writeFile(join(sandbox.directory, 'state'), 'before');
    await sandboxes.commit(sandbox, 'template');
    await writeFile(join(sandbox.directory, 'state'), 'after');
    const copy = await sandboxes.fork('template');
    expect(await readFile(join(copy.directory, 'state'), 'utf8')).to.equal('before');
  });

  it('leaves nothing of a fork for which there was no space', async () => {
    const { kernel } = await machine();
    kernel.faults.fail({ kind: 'message', text: 'create_snap' }, 'ENOSPC');
    expect(isFull(await failure(sandboxes.fork()))).to.equal(true);
    expect(await layers()).to.deep.equal(['image']);
    expect((await sandboxes.fork()).directory).to.be.a('string');
  });

  it('removes the layer of a fork that could not be mounted', async () => {
    (await machine()).host.faults.inject({ operation: 'mount', errno: 'ENOSPC' });
    expect(await failure(sandboxes.fork())).to.be.instanceOf(DmError);
    expect(await layers()).to.deep.equal(['image']);
  });

  it('knows after a power cut between snapshot and record that there was no fork', async () => {
    const kept = await sandboxes.fork();
    await writeFile(join(kept.directory, 'state'), 'kept');
    await sandboxes.commit(kept, 'template');
    (await machine()).kernel.faults.crash({ kind: 'message', text: 'create_snap' }, { when: 'after' });
    expect(await failure(sandboxes.fork())).to.be.instanceOf(DmError);

    await restartAfterPowerCut();
    expect(await layers()).to.have.members(['image', 'template', kept.id]);
    expect(await sandboxes.cleanUp()).to.equal(1);
    const again = await sandboxes.fork('template');
    expect(await readFile(join(again.directory, 'state'), 'utf8')).to.equal('kept');
  });

  it('finds image and templates again when it is started anew', async () => {
    const sandbox = await sandboxes.fork();
    await sandboxes.commit(sandbox, 'template');
    await service.unbindAllAsync();
    await start();
    expect(await sandboxes.cleanUp()).to.equal(1);
    expect(await layers()).to.have.members(['image', 'template']);
  });
});
