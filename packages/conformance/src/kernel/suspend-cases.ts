import { devicePath } from '@dmthin/domain';
import { expect } from 'chai';
import { codeOf } from '../failure-of.ts';
import { skipCase } from '../skip-case.ts';
import { line, linear, type Workbench } from './workbench.ts';

/** Suspending, resuming, deferred removal, events, and several commands at once. */
export function suspendCases(bench: () => Workbench): void {
  it('suspends and resumes, and takes each of them twice', async () => {
    const { kernel, up } = bench();
    const name = await up('a', [line(0, 8, 'zero')]);
    await kernel.suspend(name);
    await kernel.suspend(name, { noFlush: true, skipLockfs: true });
    expect((await kernel.info(name)).isSuspended).to.equal(true);
    await kernel.resume(name);
    await kernel.resume(name);
    expect((await kernel.info(name)).isSuspended).to.equal(false);
  });

  it('resumes a device that never had a table, but not once it was suspended', async () => {
    const { kernel, name, refuses } = bench();
    await kernel.create(name('a'));
    await kernel.resume(name('a'));
    await kernel.suspend(name('a'));
    await refuses(kernel.resume(name('a')), 'INVALID_ARGUMENT', 'EINVAL');
    expect((await kernel.info(name('a'))).isSuspended).to.equal(true);
  });

  it('answers while a device is suspended', async () => {
    const { kernel, disk, up } = bench();
    const name = await up('a', linear(await disk()));
    await kernel.suspend(name);
    expect((await kernel.table(name)).length).to.equal(1);
    expect((await kernel.status(name)).length).to.equal(1);
    await kernel.load(name, [line(0, 8, 'zero')]);
    await kernel.resume(name);
    expect((await kernel.table(name))[0]?.type).to.equal('zero');
  });

  it('keeps the content of a device when its table is given anew', async () => {
    const { disk, up, write, byteAt, reload } = bench();
    const path = await disk();
    const name = await up('a', linear(path, 64));
    await write(name, 0, 4096, 9);
    await reload(name, linear(path, 128));
    expect(await byteAt(name, 0, 4096)).to.equal(9);
    expect(await byteAt(name, 4096, 4096)).to.equal(0);
  });

  it('removes an open device with its last close where that is asked for', async function () {
    const { kernel, up, open, close, refuses } = bench();
    if (!kernel.capabilities.deferredRemove) skipCase(this, 'the kernel has no deferredRemove');
    const name = await up('a', [line(0, 8, 'zero')]);
    const file = await open(name);
    await kernel.remove(name, { deferred: true });
    expect((await kernel.info(name)).isDeferredRemove).to.equal(true);
    await refuses(kernel.remove(name), 'BUSY', 'EBUSY');
    await file.read(0n, 512);
    await close(file);
    await until(async () => !(await kernel.list()).some((device) => device.name === name));
  });

  it('removes a device at once where deferring it was not needed', async function () {
    const { kernel, up, refuses } = bench();
    if (!kernel.capabilities.deferredRemove) skipCase(this, 'the kernel has no deferredRemove');
    const name = await up('a', [line(0, 8, 'zero')]);
    await kernel.remove(name, { deferred: true });
    await refuses(kernel.info(name), 'NOT_FOUND', 'ENXIO');
  });

  it('takes a deferred removal back', async function () {
    const { kernel, up, open, close } = bench();
    if (!kernel.capabilities.deferredRemove) skipCase(this, 'the kernel has no deferredRemove');
    const name = await up('a', [line(0, 8, 'zero')]);
    const file = await open(name);
    await kernel.remove(name, { deferred: true });
    await kernel.message(name, line(0, 1, '').start, '@cancel_deferred_remove');
    expect((await kernel.info(name)).isDeferredRemove).to.equal(false);
    await close(file);
    expect((await kernel.info(name)).openCount).to.equal(0);
  });

  it('removes a stack from the top once its last user goes', async function () {
    const { kernel, up, open, close } = bench();
    if (!kernel.capabilities.deferredRemove) skipCase(this, 'the kernel has no deferredRemove');
    const below = await up('below', [line(0, 64, 'zero')]);
    const above = await up('above', linear(devicePath(below)));
    const file = await open(above);
    await kernel.remove(below, { deferred: true });
    await kernel.remove(above, { deferred: true });
    await close(file);
    await until(async () => !(await kernel.list()).some(({ name }) => name === above || name === below));
  });

  it('tells of an event that came before it was asked', async () => {
    const { kernel, up, name } = bench();
    await kernel.rename(await up('a', [line(0, 8, 'zero')]), name('b'));
    expect(await kernel.waitEvent(name('b'), 0)).to.equal(1);
  });

  it('tells of an event when it comes', async () => {
    const { kernel, up, name } = bench();
    const from = await up('a', [line(0, 8, 'zero')]);
    const first = kernel.waitEvent(from, 0);
    await kernel.rename(from, name('b'));
    expect(await first).to.equal(1);
  });

  it('ends a wait for a device that is removed', async () => {
    const { kernel, up, refuses } = bench();
    const name = await up('a', [line(0, 8, 'zero')]);
    const waiting = refuses(kernel.waitEvent(name, 0), 'NOT_FOUND', 'ENXIO');
    await kernel.remove(name);
    await waiting;
  });

  it('ends a wait that is cancelled, and one whose kernel is closed', async () => {
    const { kernel, up } = bench();
    const name = await up('a', [line(0, 8, 'zero')]);
    const cancel = new AbortController();
    const cancelled = codeOf(kernel.waitEvent(name, 0, cancel.signal));
    cancel.abort();
    expect(await cancelled).to.equal('ABORTED');
    await kernel.remove(name);
    const other = await up('b', [line(0, 8, 'zero')]);
    const closed = codeOf(kernel.waitEvent(other, 0));
    await kernel.remove(other).catch(() => undefined);
    expect(['CLOSED', 'NOT_FOUND']).to.include(await closed);
  });

  it('does not begin what was cancelled before', async () => {
    const { kernel, name } = bench();
    expect(await codeOf(kernel.create(name('a'), {}, AbortSignal.abort()))).to.equal('ABORTED');
    expect((await kernel.list()).map((device) => device.name)).to.not.include(name('a'));
  });

  it('does several commands in their order, and stops at the first that fails', async () => {
    const { kernel, name, refuses } = bench();
    const [one, two] = [name('one'), name('two')];
    await kernel.sequence([
      { command: 'create', device: one },
      { command: 'load', device: one, table: [line(0, 8, 'zero')] },
      { command: 'resume', device: one },
      { command: 'suspend', device: one },
      { command: 'load', device: one, table: [line(0, 16, 'zero')] },
      { command: 'clear', device: one },
      { command: 'resume', device: one },
    ]);
    expect((await kernel.table(one))[0]?.length).to.equal(8n);
    await refuses(
      kernel.sequence([
        { command: 'create', device: two },
        { command: 'create', device: one },
        { command: 'remove', device: two },
      ]),
      'ALREADY_EXISTS',
      'EBUSY',
    );
    expect((await kernel.info(two)).hasLiveTable).to.equal(false);
    await kernel.sequence([
      { command: 'remove', device: two },
      { command: 'remove', device: one },
    ]);
    await kernel.sequence([]);
  });
}

/** A real kernel removes in a worker of its own. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 100; tries > 0; tries--) {
    if (await condition()) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  expect.fail('it did not come to be within 2 s');
}
