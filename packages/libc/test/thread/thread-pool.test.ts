import { failureOf } from '@dmthin/conformance';
import { DmError } from '@dmthin/domain';
import { startThread, ThreadPool } from '@dmthin/libc';
import type { PortCall } from '@dmthin/ports';
import { expect } from 'chai';
import type { Echo } from './echo-thread.ts';

interface Bench {
  readonly pool: ThreadPool<Echo, string>;
  /** How many threads were started, and how many have ended. */
  readonly started: () => number;
  readonly ended: () => number;
}

function bench(workerData?: string): Bench {
  let started = 0;
  let ended = 0;
  const pool = new ThreadPool<Echo, string>({
    label: 'echo',
    start: () => {
      started += 1;
      const worker = startThread({ module: 'echo-thread', caller: import.meta.url, workerData });
      return {
        worker,
        onEnd: () => {
          ended += 1;
        },
      };
    },
  });
  return { pool, started: () => started, ended: () => ended };
}

describe('a pool of threads', () => {
  let current: Bench;
  afterEach(() => current.pool.close());

  it('says its first word when it is opened, and answers with one thread', async () => {
    current = bench();
    expect(await current.pool.open()).to.equal('hello');
    const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
    expect(await Promise.all(texts.map((text) => current.pool.run('say', [text])))).to.deep.equal(texts);
    expect(current.started()).to.equal(1);
  });

  it('starts with the first request where nobody opened it', async () => {
    current = bench();
    expect(current.started()).to.equal(0);
    expect(await current.pool.run('say', ['well'])).to.equal('well');
  });

  it('lets nothing wait behind a request that does not come back', async () => {
    current = bench();
    await current.pool.open();
    let isBack = false;
    const stuck = current.pool.run('block', [2000]).then(() => {
      isBack = true;
    });
    expect(await current.pool.run('say', ['past it'])).to.equal('past it');
    expect(isBack).to.equal(false);
    expect(current.started()).to.equal(2);
    await stuck;
  });

  it('gives errors whole, with their causes', async () => {
    current = bench();
    const error = await failureOf(current.pool.run('fail', []));
    expect(error).to.include({ code: 'BUSY', errno: 'EBUSY', subject: 'dm-3', remedy: 'Wait.', message: 'it is busy' });
    expect(error.cause).to.be.instanceOf(DmError).and.include({ code: 'IO', message: 'below' });
    expect((error.undoError as DmError).message).to.include('RangeError: while undoing');
  });

  it('refuses what a thread that died was asked, and starts another for the next', async () => {
    current = bench();
    await current.pool.open();
    expect((await failureOf(current.pool.run('die', []))).code).to.equal('UNAVAILABLE');
    expect(current.ended()).to.equal(1);
    expect(await current.pool.run('say', ['again'])).to.equal('again');
    expect(current.started()).to.equal(2);
  });

  it('refuses everybody with what the thread could not begin for', async () => {
    current = bench('refuses');
    const [opened, asked] = [current.pool.open(), current.pool.run('say', ['well'])];
    expect((await failureOf(opened)).code).to.equal('NOT_PERMITTED');
    expect((await failureOf(asked)).code).to.equal('NOT_PERMITTED');
  });

  it('lets a request be cancelled while it waits for its turn', async () => {
    current = bench();
    await current.pool.open();
    const busy = current.pool.run('block', [40]);
    const cancelled = new AbortController();
    const asked = current.pool.run('say', ['well'], cancelled.signal);
    cancelled.abort(new Error('no longer wanted'));
    const error = await failureOf(asked);
    expect(error.code).to.equal('ABORTED');
    expect((error.cause as Error).message).to.equal('no longer wanted');
    await busy;
  });

  describe('calls in order', () => {
    const port = {};
    const foreign = {};
    const said: string[] = [];
    beforeEach(() => {
      said.length = 0;
      current = bench();
    });
    const say = (text: string, by: object = port): PortCall => ({
      port: by,
      make: async () => said.push(by === port ? await current.pool.run('say', [text]) : text),
    });
    const fail: PortCall = { port, make: () => current.pool.run('fail', []) };

    it('are made in one hop, up to the first that fails', async () => {
      expect(await current.pool.inOrder([say('a'), say('b')], new Set([port]))).to.deep.equal({
        done: 2,
        error: undefined,
      });
      const { done, error } = await current.pool.inOrder([say('c'), fail, say('never')], new Set([port]));
      expect(done).to.equal(1);
      expect(error).to.be.instanceOf(DmError).and.have.property('code', 'BUSY');
      expect(said).to.deep.equal(['a', 'b', 'c']);
    });

    it('of another port are made between the hops, and not before those before them', async () => {
      const slow: PortCall = { port, make: () => current.pool.run('block', [20]).then(() => said.push('slow')) };
      const outcome = await current.pool.inOrder([slow, say('other', foreign), say('last')], new Set([port]));
      expect(outcome.done).to.equal(3);
      expect(said).to.deep.equal(['slow', 'other', 'last']);
      const failed = await current.pool.inOrder([fail, say('never', foreign)], new Set([port]));
      expect(failed.done).to.equal(0);
      expect(said).to.have.length(3);
    });

    it('go on where one that failed succeeds in another way', async () => {
      const second: PortCall = {
        port,
        make: () => current.pool.run('fail', []).catch(() => current.pool.run('say', ['by another way'])),
      };
      const outcome = await current.pool.inOrder([say('a'), second, say('b')], new Set([port]));
      expect(outcome).to.deep.equal({ done: 3, error: undefined });
      expect(said).to.deep.equal(['a', 'b']);
    });

    it('end before one that is cancelled', async () => {
      const signal = AbortSignal.abort(new Error('no longer wanted'));
      const cancelled: PortCall = { port, make: () => current.pool.run('say', ['no'], signal) };
      const { done, error } = await current.pool.inOrder([say('a'), cancelled, say('never')], new Set([port]));
      expect(done).to.equal(1);
      expect(error).to.have.property('code', 'ABORTED');
      expect(said).to.deep.equal(['a']);
    });

    it('end with a thread that dies', async () => {
      const die: PortCall = { port, make: () => current.pool.run('die', []) };
      const { done, error } = await current.pool.inOrder([die, say('never')], new Set([port]));
      expect(done).to.equal(0);
      expect(error).to.have.property('code', 'UNAVAILABLE');
      expect(said).to.deep.equal([]);
    });
  });

  it('ends its threads when it is closed, after what is under way, and refuses what comes later', async () => {
    current = bench();
    await current.pool.open();
    const under = current.pool.run('say', ['under way']);
    await current.pool.close();
    expect(await under).to.equal('under way');
    expect(current.ended()).to.equal(1);
    expect((await failureOf(current.pool.run('say', ['later']))).code).to.equal('CLOSED');
  });
});
