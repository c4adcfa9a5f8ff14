import { once } from 'node:events';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf, skipCase } from '@dmthin/conformance';
import { expect } from 'chai';
import { dmthin, finished, jsonOf, startDmthin } from '../support/dmthin.ts';
import { openFake, ordinaryUser, recordsOf, temporaryPlace } from '../support/root.ts';
import { expectRefusal } from './refusals.ts';

type Shown = Parameters<typeof expectRefusal>[0];
const shown = (stderr: string): Shown => (JSON.parse(stderr) as { error: Shown }).error;

describe('a root that cannot be written to', function () {
  this.timeout(60_000);

  it('because this user may not: is refused, and nothing is made in it', async function () {
    if (process.platform === 'win32') skipCase(this, 'Windows has no such thing');
    await using place = await temporaryPlace();
    const { root, ...user } = await ordinaryUser(place.path);
    await chmod(root, 0o555);
    const ran = await dmthin(['create', 'web', '--json'], { root, ...user });
    expect(ran.status, ran.stderr).to.equal(7);
    expectRefusal(shown(ran.stderr), { code: 'NOT_PERMITTED', says: [root], remedy: 'Run as the owner of the root' });
    expect(await readdir(root)).to.deep.equal([]);
    await chmod(root, 0o755);
  });

  it('because another user made it: is refused, and stays as it is', async function () {
    if (process.getuid?.() !== 0) skipCase(this, 'only root may');
    await using place = await temporaryPlace();
    const { uid } = await ordinaryUser(place.path);
    const root = join(place.path, 'roots');
    await (await openFake(root)).release();
    await chmod(place.path, 0o755);
    const records = await recordsOf(root);
    const ran = await dmthin(['ls', '--json'], { root, ...(uid === undefined ? {} : { uid }) });
    expect(ran.status, ran.stderr).to.equal(7);
    expectRefusal(shown(ran.stderr), { code: 'NOT_PERMITTED', says: [root], remedy: 'Run as the owner of the root' });
    expect(await recordsOf(root)).to.deep.equal(records);
  });

  it('because it is below a file, which binds root too', async () => {
    await using place = await temporaryPlace();
    const file = join(place.path, 'file');
    await writeFile(file, 'content');
    expectRefusal(await failureOf(openFake(join(file, 'root'))), {
      code: 'INVALID_ARGUMENT',
      says: [file],
      remedy: 'Name another root',
    });
    const ran = await dmthin(['ls', '--json', '--root', join(file, 'root')], { root: place.path });
    expect(ran.status).to.equal(2);
    expect(await readdir(place.path)).to.deep.equal(['file']);
  });

  it('because it is a file', async () => {
    await using place = await temporaryPlace();
    const file = join(place.path, 'file');
    await writeFile(file, 'content');
    expect((await failureOf(openFake(file))).remedy).to.include('Name another root');
  });

  it('because no directory can be made there, without trying for ever', async function () {
    if (process.platform !== 'linux') skipCase(this, 'this is Linux alone');
    expectRefusal(await failureOf(openFake('/proc/dmthin')), {
      code: 'NOT_FOUND',
      says: ['/proc/dmthin'],
      remedy: 'Name a root where directories can be made',
    });
  });
});

describe('a root that another process has', function () {
  this.timeout(60_000);

  it('is refused with who has it, and free again once that has ended', async () => {
    await using place = await temporaryPlace();
    const root = place.path;
    // It waits for a tar on standard input, and has the root meanwhile.
    await makeLayer(root);
    const holder = startDmthin(['apply', 'web'], { root });
    const ended = finished(holder);
    holder.stdin?.on('error', () => undefined).write(Buffer.alloc(100));
    await heldBy(root);
    const records = await recordsOf(root);

    const error = await failureOf(openFake(root));
    expectRefusal(error, {
      code: 'LOCKED',
      says: [root, `process ${holder.pid}`, 'apply web'],
      remedy: 'Stop that process',
    });
    const ran = await dmthin(['rm', 'web', '--json'], { root });
    expect(ran.status, ran.stderr).to.equal(8);
    expectRefusal(shown(ran.stderr), { code: 'LOCKED', says: [`process ${holder.pid}`], remedy: 'use another root' });
    expect(await recordsOf(root)).to.deep.equal(records);

    holder.kill('SIGINT');
    expect((await ended).status).to.equal(130);
    expect((await jsonOf<{ id: string }[]>(['ls'], { root })).map(({ id }) => id)).to.deep.equal(['web']);
  });

  it('is refused within one process too, which names itself', async () => {
    await using place = await temporaryPlace();
    const driver = await openFake(place.path);
    expectRefusal(await failureOf(openFake(place.path)), {
      code: 'LOCKED',
      says: [`process ${process.pid}`],
      remedy: 'Stop that process',
    });
    await driver.create('web');
    await driver.release();
  });

  it('is taken over from a process that was killed', async () => {
    await using place = await temporaryPlace();
    const root = place.path;
    await makeLayer(root);
    const holder = startDmthin(['apply', 'web'], { root });
    holder.stdin?.on('error', () => undefined).write(Buffer.alloc(100));
    await heldBy(root);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const { status, stderr } = await dmthin(['ls'], { root });
    expect([status, stderr.includes('from a process that had died')], stderr).to.deep.equal([0, true]);
    expect((await dmthin(['check'], { root })).status).to.equal(0);
  });
});

async function makeLayer(root: string): Promise<void> {
  const driver = await openFake(root);
  await driver.create('web');
  await driver.release();
}

/** Resolves when some process has the root. */
async function heldBy(root: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const names = await readdir(join(root, 'dmthin')).catch(() => []);
    const isMounted = (await readdir(join(root, 'mnt')).catch(() => [])).length > 0;
    if (isMounted && names.some((name) => /^lock\.\d+$/u.test(name))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('nobody took the root');
}
