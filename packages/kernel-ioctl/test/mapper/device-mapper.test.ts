import { failureOf } from '@dmthin/conformance';
import { deviceName, ERRNO, sectors } from '@dmthin/domain';
import { encodeNameList, encodeTargetSpecs, FLAG, type IoctlKernel, openIoctlKernel } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import { answer, type Script, scripted } from '../fixtures/scripted-ioctl.ts';

const web = deviceName('web');
const zero = { start: sectors(0), length: sectors(8), type: 'zero', params: '' };

async function over(
  script: Script,
): Promise<{ kernel: IoctlKernel; asked: readonly { command: string | undefined }[] }> {
  const { ioctl, asked } = scripted(script);
  return { kernel: await openIoctlKernel({ ioctl }), asked };
}

describe('the port over ioctl', () => {
  it('asks again with twice the room for as long as an answer does not fit', async () => {
    const names = Array.from({ length: 3000 }, (_, index) => `device-${String(index).padStart(5, '0')}`);
    const list = encodeNameList(
      names.map((name, minor) => ({ device: { major: 254, minor }, name, eventNumber: 0, uuid: undefined })),
    );
    const sizes: number[] = [];
    const { kernel } = await over((_, buffer) => {
      sizes.push(buffer.length);
      if (312 + list.length > buffer.length) answer(buffer, { flags: FLAG.bufferFull });
      else answer(buffer, {}, list);
      return undefined;
    });
    expect((await kernel.list()).map(({ name }) => name)).to.deep.equal(names);
    expect(sizes).to.deep.equal([16384, 32768, 65536, 131072]);
    await kernel.list();
    expect(sizes, 'the larger buffer is kept').to.have.length(5);
  });

  it('gives every question a clean buffer', async () => {
    const list = encodeNameList([{ device: { major: 254, minor: 0 }, name: 'web', eventNumber: 0, uuid: undefined }]);
    let isEmpty = false;
    const { kernel } = await over((_, buffer) => {
      expect(buffer.subarray(312).some((byte) => byte !== 0)).to.equal(false);
      // As the kernel does for an empty list: it says 312 bytes, and does not write the entry that ends it.
      if (isEmpty) answer(buffer, { dataSize: 312 });
      else answer(buffer, {}, list);
      return undefined;
    });
    expect(await kernel.list()).to.have.length(1);
    isEmpty = true;
    expect(await kernel.list()).to.deep.equal([]);
  });

  it('keeps apart what is asked at once', async () => {
    const { kernel } = await over(({ header }, buffer) => {
      answer(buffer, { targetCount: 1 }, encodeTargetSpecs([{ ...zero, params: header.name }], 'status'));
      return undefined;
    });
    const names = Array.from({ length: 20 }, (_, index) => deviceName(`device-${index}`));
    const tables = await Promise.all(names.map((name) => kernel.table(name)));
    expect(tables.map(([line]) => line?.params)).to.deep.equal(names);
  });

  it('asks again where a signal interrupted the wait', async () => {
    let interrupts = 2;
    const { kernel, asked } = await over(() => {
      interrupts -= 1;
      return interrupts >= 0 ? { result: -1, errno: ERRNO.EINTR } : undefined;
    });
    await kernel.suspend(web);
    expect(asked.filter(({ command }) => command === 'suspend')).to.have.length(3);
  });

  it('takes the 2 of old kernels for what newer ones say: no table for a message', async () => {
    const { kernel } = await over(() => ({ result: 2 }));
    expect(await failureOf(kernel.message(web, sectors(0), 'create_thin 0'))).to.include({
      code: 'INVALID_ARGUMENT',
      errno: 'EINVAL',
      operation: 'message',
      subject: 'web',
    });
  });

  it('tells the errno in the words of the command that met it, from no text (defect 14)', async () => {
    let errno: number = ERRNO.EBUSY;
    const { kernel } = await over(() => ({ result: -1, errno }));
    expect((await failureOf(kernel.create(web))).code).to.equal('ALREADY_EXISTS');
    expect((await failureOf(kernel.rename(web, deviceName('db')))).code).to.equal('ALREADY_EXISTS');
    expect((await failureOf(kernel.remove(web))).code).to.equal('BUSY');
    errno = ERRNO.EACCES;
    expect(await failureOf(kernel.list())).to.deep.include({
      code: 'NOT_PERMITTED',
      remedy: 'Run as root, or with CAP_SYS_ADMIN.',
    });
    errno = 71;
    expect(await failureOf(kernel.info(web))).to.deep.include({
      code: 'IO',
      message: 'device-mapper: info on "web" failed: errno 71',
    });
  });

  it('stops a sequence at the command that fails', async () => {
    const { kernel, asked } = await over(({ command }) =>
      command === 'load' ? { result: -1, errno: ERRNO.EINVAL } : undefined,
    );
    const failure = await failureOf(
      kernel.sequence([
        { command: 'create', device: web },
        { command: 'load', device: web, table: [zero] },
        { command: 'resume', device: web },
      ]),
    );
    expect(failure).to.include({ operation: 'load', subject: 'web' });
    expect(failure.message).to.include('0 8 zero');
    expect(asked.map(({ command }) => command)).to.deep.equal(['version', 'create', 'load', 'listVersions']);
    expect(failure.remedy, 'the kernel that was asked has no target at all').to.include('modprobe dm-zero');
  });

  it('asks nothing of the kernel where a command of a sequence cannot be written', async () => {
    const { kernel, asked } = await over(() => undefined);
    const failure = await failureOf(
      kernel.sequence([
        { command: 'create', device: web },
        { command: 'message', device: web, sector: sectors(0), text: 'create_thin\0 0' },
      ]),
    );
    expect(failure.code).to.equal('INVALID_ARGUMENT');
    expect(asked.map(({ command }) => command)).to.deep.equal(['version']);
  });

  it('rejects an answer that was cut short as CORRUPT', async () => {
    const { kernel } = await over((_, buffer) => {
      answer(buffer, { targetCount: 2 }, encodeTargetSpecs([zero], 'status'));
      return undefined;
    });
    expect((await failureOf(kernel.status(web))).code).to.equal('CORRUPT');
  });

  it('refuses what is asked after close, and what was cancelled before', async () => {
    const { kernel, asked } = await over(() => undefined);
    expect((await failureOf(kernel.create(web, {}, AbortSignal.abort()))).code).to.equal('ABORTED');
    await kernel.close();
    await kernel.close();
    expect((await failureOf(kernel.create(web))).code).to.equal('CLOSED');
    expect((await failureOf(kernel.waitEvent(web, 0))).code).to.equal('CLOSED');
    expect(asked).to.have.length(1);
  });

  it('waits for an event, until it is cancelled or the kernel is closed', async () => {
    let eventNumber = 7;
    const { kernel } = await over((_, buffer) => {
      answer(buffer, { eventNumber });
      return undefined;
    });
    expect(await kernel.waitEvent(web, 6)).to.equal(7);
    const waiting = kernel.waitEvent(web, 7);
    eventNumber = 8;
    expect(await waiting).to.equal(8);
    const abort = new AbortController();
    const cancelled = failureOf(kernel.waitEvent(web, 8, abort.signal));
    const closed = failureOf(kernel.waitEvent(web, 8));
    abort.abort();
    expect((await cancelled).code).to.equal('ABORTED');
    await kernel.close();
    expect((await closed).code).to.equal('CLOSED');
  });
});
