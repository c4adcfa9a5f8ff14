import { failureOf } from '@dmthin/conformance';
import { type DeviceName, type DmError, deviceName, sectors, type Table } from '@dmthin/domain';
import { openDmsetupKernel, type RunResult } from '@dmthin/kernel-dmsetup';
import { expect } from 'chai';
import { kernelOver, type RecordedRun, recorded } from './fixtures/outputs.ts';

const name = deviceName;
const zero = (length: number, start = 0): Table[number] => ({
  start: sectors(start),
  length: sectors(length),
  type: 'zero',
  params: '',
});
const activation = (device: DeviceName, table: Table) =>
  [
    { command: 'create', device },
    { command: 'load', device, table },
    { command: 'resume', device },
  ] as const;

/** A run that did not happen, but might have. */
function run(args: readonly string[], result: Partial<RunResult> = {}, stdin = ''): RecordedRun {
  const words = ['--manglename', 'none', ...args];
  return { note: '', args: words, stdin, exitCode: 0, signal: undefined, stdout: '', stderr: '', ...result };
}
const killed = { exitCode: undefined, signal: 'SIGKILL' };
const glance = (device: string, result: Partial<RunResult>): RecordedRun => {
  const columns = ['--columns', '--noheadings', '--separator', '/', '--options', 'name,tables_loaded,open'];
  return run([...columns, '--', 'info', device], result);
};

describe('a kernel over dmsetup', () => {
  it('tells what it can do', async () => {
    const { kernel } = await kernelOver();
    expect(await kernel.version()).to.deep.equal({ driver: '4.47.0', library: '1.02.185 (2022-05-18)' });
    expect(kernel.capabilities).to.deep.equal({
      exactErrno: false,
      deferredRemove: true,
      events: true,
      udevSync: false,
      batches: true,
    });
  });

  it('takes one run for an activation, and none of it is left where its table is refused', async () => {
    const { kernel, done } = await kernelOver(...recorded('activation, no such target'), ...recorded('targets'));
    const table = [{ ...zero(8), type: 'bogus' }];
    const failure = await failureOf(kernel.sequence(activation(name('bad'), table)));
    expect(failure).to.include({ code: 'INVALID_ARGUMENT', operation: 'load', subject: 'bad' });
    expect(failure.remedy).to.include('modprobe dm-bogus');
    done();
  });

  it('takes a run for each command of any other sequence', async () => {
    const device = name('a');
    const { kernel, done } = await kernelOver(
      run(['--notable', '--addnodeonresume', '--', 'create', 'a']),
      run(['--', 'load', 'a'], {}, '0 8 zero\n'),
      run(['--addnodeonresume', '--noflush', '--', 'resume', 'a']),
      run(['--readonly', '--', 'load', 'a'], {}, '0 8 zero\n8 8 zero\n'),
      run(['--', 'clear', 'a']),
      run(['--deferred', '--', 'remove', 'a']),
    );
    await kernel.sequence([
      { command: 'create', device },
      { command: 'load', device, table: [zero(8)] },
      { command: 'resume', device, noFlush: true },
      { command: 'load', device, table: [zero(8), zero(8, 8)], readOnly: true },
      { command: 'clear', device },
      { command: 'remove', device, deferred: true },
    ]);
    done();
  });

  it('runs nothing of a sequence that dmsetup cannot be told', async () => {
    const { kernel, done } = await kernelOver();
    const table = [{ ...zero(8), type: 'linear', params: '/dev/a#1 0' }];
    const failure = await failureOf(
      kernel.sequence([
        { command: 'create', device: name('a') },
        { command: 'load', device: name('a'), table },
      ]),
    );
    expect(failure.code).to.equal('NOT_SUPPORTED');
    expect((await failureOf(kernel.message(name('a'), sectors(0), 'x\0y'))).code).to.equal('INVALID_ARGUMENT');
    done();
  });

  it('refuses a message to a device without a live table, which dmsetup takes for sent', async () => {
    const { kernel, done } = await kernelOver(...recorded('message, no table'));
    const failure = await failureOf(kernel.message(name('q q\t"ü\\x#'), sectors(0), 'hello'));
    expect(failure).to.include({ code: 'INVALID_ARGUMENT', errno: 'EINVAL' });
    done();
  });

  it('looks for that table once', async () => {
    const sent = run(['--', 'message', 'pool', '0', 'create_thin 1']);
    const live = glance('pool', { stdout: 'pool/Both/1\n' });
    const { kernel, done } = await kernelOver(
      sent,
      live,
      sent,
      run(['--addnodeonresume', '--', 'resume', 'pool']),
      run(['--', 'remove', 'pool']),
      sent,
      live,
    );
    const message = () => kernel.message(name('pool'), sectors(0), 'create_thin 1');
    await message();
    await message();
    await kernel.resume(name('pool'));
    await kernel.remove(name('pool'));
    await message();
    done();
  });

  it('gives back what a target answers', async () => {
    const { kernel } = await kernelOver(...recorded('message with an answer'));
    expect(await kernel.message(name('thin'), sectors(0), '@stats_create - /1')).to.equal('0');
  });

  it('brings the node back when a deferred removal is taken back', async () => {
    const { kernel, done } = await kernelOver(...recorded('deferred removal taken back'));
    await kernel.message(name('pool'), sectors(0), '@cancel_deferred_remove');
    done();
  });

  it('sees that a thin device is held back by its suspended pool', async () => {
    const held = await kernelOver(...recorded('info of a thin, pool suspended'));
    expect(await held.kernel.info(name('thin'))).to.include({ isInternallySuspended: true, isSuspended: false });
    held.done();
    const free = await kernelOver(...recorded('info of a thin'));
    expect(await free.kernel.info(name('thin'))).to.include({ isInternallySuspended: false });
    const other = await kernelOver(...recorded('info, two tables'));
    expect(await other.kernel.info(name('two'))).to.include({ isInternallySuspended: false });
    other.done();
  });

  it('does nothing once it is closed, or its caller gave up', async () => {
    const { kernel, done } = await kernelOver();
    const gone = AbortSignal.abort(new Error('enough'));
    const failure = await failureOf(kernel.create(name('a'), {}, gone));
    expect(failure).to.include({ code: 'ABORTED', operation: 'create', subject: 'a', cause: gone.reason });
    expect((await failureOf(kernel.status(name('a'), {}, gone))).code).to.equal('ABORTED');
    expect((await failureOf(kernel.waitEvent(name('a'), 0, gone))).code).to.equal('ABORTED');
    await kernel.close();
    await kernel.close();
    const calls = [
      kernel.version(),
      kernel.list(),
      kernel.info(name('a')),
      kernel.remove(name('a')),
      kernel.waitEvent(name('a'), 0),
      kernel.sequence([]),
    ];
    for (const call of calls) expect((await failureOf(call)).code).to.equal('CLOSED');
    done();
  });

  it('is not opened where what the program says of itself is cut short', async () => {
    const [{ stdout }] = recorded('open') as unknown as [RecordedRun];
    const answer = { exitCode: 0, signal: undefined, stderr: '' };
    const opening = openDmsetupKernel({ run: async () => ({ ...answer, stdout: stdout.slice(0, -4) }) });
    expect((await failureOf(opening)).code).to.equal('CORRUPT');
  });

  describe('whose program is killed while it makes a device', () => {
    const create = ['--notable', '--addnodeonresume', '--', 'create', 'a'];
    const attempt = async (...after: readonly RecordedRun[]): Promise<DmError> => {
      const { kernel, done } = await kernelOver(run(create, killed), ...after);
      const failure = await failureOf(kernel.create(name('a')));
      expect(failure).to.include({ code: 'UNAVAILABLE', operation: 'create', subject: 'a' });
      done();
      return failure;
    };

    it('removes what was made', async () => {
      for (const tables of ['None', 'Inactive'])
        await attempt(glance('a', { stdout: `a/${tables}/0\n` }), run(['--', 'remove', 'a']));
    });

    it('is content where nothing was made', async () => {
      const stderr = 'Device does not exist.\nCommand failed.\n';
      expect(await attempt(glance('a', { exitCode: 1, stderr }))).to.include({ undoError: undefined });
    });

    it('leaves alone what is live, or open', async () => {
      await attempt(glance('a', { stdout: 'a/Live/0\n' }));
      await attempt(glance('a', { stdout: 'a/Inactive/1\n' }));
    });

    it('tells both where removing it fails too', async () => {
      const stderr = 'device-mapper: remove ioctl on a  failed: Device or resource busy\nCommand failed.\n';
      const busy = run(['--', 'remove', 'a'], { exitCode: 1, stderr });
      const failure = await attempt(glance('a', { stdout: 'a/None/0\n' }), busy);
      expect(failure.undoError).to.include({ code: 'BUSY', operation: 'remove' });
    });
  });

  describe('that waits for an event', () => {
    const look = (events: number, options: readonly string[] = [], device: readonly string[] = ['a']) => {
      const columns = ['--columns', '--noheadings', '--separator', '/', '--options', 'name,major,minor,events'];
      return run([...columns, ...options, '--', 'info', ...device], { stdout: `a/254/3/${events}\n` });
    };
    const byNumber = (events: number) => look(events, ['--major', '254', '--minor', '3'], []);
    const missing = (recording: RecordedRun): RecordedRun => ({
      ...recording,
      exitCode: 1,
      stdout: '',
      stderr: 'Device does not exist.\nCommand failed.\n',
    });
    const wait = run(['--', 'wait', 'a', '4']);

    it('tells at once of one that was', async () => {
      const { kernel, done } = await kernelOver(look(7));
      expect(await kernel.waitEvent(name('a'), 4)).to.equal(7);
      done();
    });

    it('tells of one that comes, also when it is a renaming', async () => {
      const came = await kernelOver(look(4), wait, look(5));
      expect(await came.kernel.waitEvent(name('a'), 4)).to.equal(5);
      came.done();
      const renamed = await kernelOver(look(4), wait, missing(look(4)), byNumber(5));
      expect(await renamed.kernel.waitEvent(name('a'), 4)).to.equal(5);
      renamed.done();
    });

    it('tells that the device went, though another has its number now', async () => {
      for (const after of [missing(byNumber(0)), byNumber(0), byNumber(4)]) {
        const { kernel, done } = await kernelOver(look(4), wait, missing(look(4)), after);
        expect(await failureOf(kernel.waitEvent(name('a'), 4))).to.include({ code: 'NOT_FOUND', errno: 'ENXIO' });
        done();
      }
    });

    it('has seen the device before a change that was asked for later begins', async () => {
      const { kernel, done } = await kernelOver(look(4), run(['--', 'rename', 'a', 'b']), look(5));
      const [waiting, renaming] = [kernel.waitEvent(name('a'), 3), kernel.rename(name('a'), name('b'))];
      expect(await waiting).to.equal(4);
      await renaming;
      expect(await kernel.waitEvent(name('a'), 4)).to.equal(5);
      done();
    });

    it('hands on what else goes wrong', async () => {
      const { kernel } = await kernelOver(look(4), { ...wait, ...killed });
      expect((await failureOf(kernel.waitEvent(name('a'), 4))).code).to.equal('UNAVAILABLE');
    });
  });
});
