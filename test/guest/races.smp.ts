import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { type DeviceName, DmError, devicePath, parsePoolStatus, sectors } from '@dmthin/domain';
import { type IoctlKernel, openIoctlKernel } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import { activation, freshName, type LoopDevice, loopDevice, table } from './machine.ts';

const SIZE = 8192;
/** Kernels of their own, each with a thread that runs on any CPU. */
const KERNELS = 4;
const ROUNDS = 10;

/** How many came through, and the codes of the others. */
async function tally(attempts: readonly Promise<unknown>[]): Promise<{ won: number; lost: readonly string[] }> {
  const ends = await Promise.allSettled(attempts);
  const lost = ends.flatMap((end) => {
    if (end.status === 'fulfilled') return [];
    if (!DmError.is(end.reason)) throw end.reason;
    return [end.reason.code];
  });
  return { won: ends.length - lost.length, lost };
}

describe('races between CPUs', function () {
  this.timeout(600_000);
  let kernels: readonly IoctlKernel[];
  let first: IoctlKernel;
  let disks: readonly LoopDevice[];
  let pool: DeviceName;
  const message = (kernel: IoctlKernel, text: string) => kernel.message(pool, sectors(0), text);
  const thinTable = (id: number) => table(SIZE, 'thin', `${devicePath(pool)} ${id}`);
  const everyKernel = <Result>(act: (kernel: IoctlKernel, index: number) => Promise<Result>) => kernels.map(act);

  before(async () => {
    expect(cpus().length, 'CPUs').to.be.above(1);
    kernels = await Promise.all(Array.from({ length: KERNELS }, () => openIoctlKernel()));
    [first] = kernels as [IoctlKernel];
    disks = [loopDevice(8192), loopDevice(131_072)];
    pool = freshName('pool');
    const [metadata, data] = disks.map(({ path }) => path);
    await first.sequence(activation(pool, table(131_072, 'thin-pool', `${metadata} ${data} 128 0`)));
  });
  after(async () => {
    await first.remove(pool);
    await Promise.all(kernels.map((kernel) => kernel.close()));
    for (const disk of disks) disk.detach();
  });
  afterEach(async () => {
    const [line] = await first.status(pool);
    const status = parsePoolStatus(line?.text ?? '');
    expect(status).to.include({ kind: 'ok', mode: 'rw', needsCheck: false });
    expect(status.kind === 'ok' && status.data.used, 'blocks left behind').to.equal(0n);
    expect((await first.list()).map(({ name }) => name)).to.deep.equal([pool]);
  });

  it('whole lives of thin devices, written to, side by side', async () => {
    await Promise.all(
      everyKernel(async (kernel, index) => {
        for (let round = 0; round < ROUNDS; round += 1) {
          const id = index * ROUNDS + round;
          const [device, snapshot] = [freshName(`thin-${index}`), freshName(`snapshot-${index}`)];
          await message(kernel, `create_thin ${id}`);
          await kernel.sequence(activation(device, thinTable(id)));
          const writer = spawn('dd', ['if=/dev/zero', `of=${devicePath(device)}`, 'bs=64k', 'count=4', 'oflag=direct']);
          expect(await once(writer, 'exit')).to.deep.equal([0, null]);
          await kernel.suspend(device);
          await message(kernel, `create_snap ${1000 + id} ${id}`);
          await kernel.resume(device);
          await kernel.sequence(activation(snapshot, thinTable(1000 + id)));
          await kernel.sequence([device, snapshot].map((name) => ({ command: 'remove', device: name })));
          for (const gone of [id, 1000 + id]) await message(kernel, `delete ${gone}`);
        }
      }),
    );
  });

  it('one name: one has it, the others are told that it is taken', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const device = freshName('name');
      const { won, lost } = await tally(everyKernel((kernel) => kernel.create(device)));
      expect({ won, lost }).to.deep.equal({ won: 1, lost: Array(KERNELS - 1).fill('ALREADY_EXISTS') });
      const removals = await tally(everyKernel((kernel) => kernel.remove(device)));
      expect(removals).to.deep.equal({ won: 1, lost: Array(KERNELS - 1).fill('NOT_FOUND') });
    }
  });

  it('an event and those who begin to wait for it: nobody misses it', async () => {
    let device = freshName('event');
    await first.sequence(activation(device, table(8, 'zero')));
    for (let seen = 0; seen < ROUNDS; seen += 1) {
      const to = freshName('event');
      const waits = kernels.map((kernel) => kernel.waitEvent(device, seen).catch((error: unknown) => error));
      await first.rename(device, to);
      for (const told of await Promise.all(waits))
        if (told !== seen + 1)
          expect(told, 'it had gone before it was looked at').to.have.property('code', 'NOT_FOUND');
      expect((await first.info(to)).eventNumber).to.equal(seen + 1);
      device = to;
    }
    await first.remove(device);
  });
});
