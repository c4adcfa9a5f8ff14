import { DmError, deviceName, sectors, type Table } from '@dmthin/domain';
import { createFakeKernel, type FakeKernel, fakeIoctl, MemoryStore } from '@dmthin/kernel-fake';
import { expect } from 'chai';

const NAME = deviceName('counted');
const SIZE = 1000;
const MESSAGE = 14;
const DATA_OUT = 1 << 16;
const BUFFER_FULL = 1 << 8;

function line(type: string, params: string, length = SIZE, start = 0): Table[number] {
  return { start: sectors(start), length: sectors(length), type, params };
}

describe('statistics of a mapped device', () => {
  let kernel: FakeKernel;
  beforeEach(async () => {
    kernel = createFakeKernel();
    for (const minor of [0, 1]) kernel.attach({ major: 7, minor }, new MemoryStore(4096 * 512));
    await kernel.create(NAME);
    await up([line('linear', '7:0 0')]);
  });

  async function up(table: Table): Promise<void> {
    await kernel.load(NAME, table);
    await kernel.resume(NAME);
  }

  const say = (text: string): Promise<string | undefined> => kernel.message(NAME, sectors(0), text);

  async function errnoOf(text: string): Promise<string | undefined> {
    try {
      await say(text);
      return undefined;
    } catch (failure) {
      return (failure as DmError).errno;
    }
  }

  async function io(access: (handle: ReturnType<FakeKernel['open']>) => void): Promise<void> {
    const handle = kernel.open((await kernel.info(NAME)).number);
    access(handle);
    handle.close();
  }

  it('lists regions by the lowest free id, with what was said of them', async () => {
    expect(await say('@stats_create - /4')).to.equal('0');
    expect(await say('@stats_create 100+50 7 prog aux')).to.equal('1');
    expect(await say('@STATS_CREATE - 1000 2 Histogram:5,10 precise_timestamps me')).to.equal('2');
    expect(await say('@stats_delete 1')).to.equal(undefined);
    expect(await say('@stats_set_aux 2 else')).to.equal(undefined);
    expect(await say('@stats_create 18446744073709551616+3 /2 prog')).to.equal('1');
    expect(await say('@stats_list')).to.equal(
      '0: 0+1000 250 - -\n1: 0+3 2 prog -\n2: 0+1000 1000 me else precise_timestamps histogram:5,10\n',
    );
    expect(await say('@stats_list prog')).to.equal('1: 0+3 2 prog -\n');
    expect(await say('@stats_list nobody')).to.equal('');
  });

  it('keeps regions through a reload, and takes the whole device where it has no table as one sector', async () => {
    await say('@stats_create - 600');
    await up([line('zero', '', 8)]);
    expect(await say('@stats_list')).to.equal('0: 0+1000 600 - -\n');
    const bare = deviceName('bare');
    await kernel.create(bare);
    await kernel.message(bare, sectors(0), '@stats_create - /9');
    expect(await kernel.message(bare, sectors(0), '@stats_list')).to.equal('0: 0+1 1 - -\n');
  });

  it('refuses as dm-stats does', async () => {
    await say('@stats_create - /4');
    const refused: Readonly<Record<string, string>> = {
      '@stats_create': 'EINVAL',
      '@stats_create -': 'EINVAL',
      '@stats_create 5 1': 'EINVAL',
      '@stats_create 5+ 1': 'EINVAL',
      '@stats_create 5+0 1': 'EINVAL',
      '@stats_create 5+4x 1': 'EINVAL',
      '@stats_create 1+18446744073709551615 1': 'EINVAL',
      '@stats_create - 0': 'EINVAL',
      '@stats_create - /0': 'EINVAL',
      '@stats_create - /x': 'EINVAL',
      '@stats_create - -1': 'EINVAL',
      '@stats_create - 1 5': 'EINVAL',
      '@stats_create - 1 1 nope': 'EINVAL',
      '@stats_create - 1 1 histogram:': 'EINVAL',
      '@stats_create - 1 1 histogram:5,5': 'EINVAL',
      '@stats_create - 1 1 histogram:0': 'EINVAL',
      '@stats_create - 1 2 histogram:5 histogram:6': 'EINVAL',
      '@stats_create - 1 a b c': 'EINVAL',
      '@stats_create 0+18446744073709551615 1': 'EOVERFLOW',
      '@stats_create 0+18446744073709551615 100': 'EOVERFLOW',
      '@stats_create 0+99999999999 1': 'ENOMEM',
      '@stats_delete': 'EINVAL',
      '@stats_delete -1': 'EINVAL',
      '@stats_delete 0 0': 'EINVAL',
      '@stats_delete 1': 'ENOENT',
      '@stats_clear 7': 'ENOENT',
      '@stats_clear x': 'EINVAL',
      '@stats_list a b': 'EINVAL',
      '@stats_print': 'EINVAL',
      '@stats_print 0 1': 'EINVAL',
      '@stats_print 0 x 1': 'EINVAL',
      '@stats_print 3 0 1': 'ENOENT',
      '@stats_print_clear 3': 'ENOENT',
      '@stats_set_aux 0': 'EINVAL',
      '@stats_set_aux 3 x': 'ENOENT',
      '@stats_nope': 'EINVAL',
    };
    for (const [text, errno] of Object.entries(refused)) expect(await errnoOf(text), text).to.equal(errno);
    expect(await say('@stats_list')).to.equal('0: 0+1000 250 - -\n');
  });

  it('counts I/O in the areas it touches, and clears what it printed', async () => {
    await say('@stats_create 10+100 30');
    await io((handle) => {
      handle.write(0, new Uint8Array(50 * 512));
      handle.read(109 * 512, 1024);
      handle.discard(20 * 512, 10 * 512);
      handle.read(200 * 512, 512);
      handle.flush();
    });
    const areas = [
      '10+30 0 0 0 0 2 1 40 0 0 0 0 0 0\n',
      '40+30 0 0 0 0 1 1 10 0 0 0 0 0 0\n',
      '70+30 0 0 0 0 0 0 0 0 0 0 0 0 0\n',
      '100+30 1 0 1 0 0 0 0 0 0 0 0 0 0\n',
    ];
    expect(await say('@stats_print 0')).to.equal(areas.join(''));
    expect(await say('@stats_print 0 3 -')).to.equal(areas[3]);
    expect(await say('@stats_print 0 9 1')).to.equal('');
    expect(await say('@stats_print_clear 0 0 1')).to.equal(areas[0]);
    expect(await say('@stats_print 0 - 2')).to.equal(`10+30 0 0 0 0 0 0 0 0 0 0 0 0 0\n${areas[1]}`);
    expect(await say('@stats_clear 0')).to.equal('');
    expect(await say('@stats_print 0 1 1')).to.equal('40+30 0 0 0 0 0 0 0 0 0 0 0 0 0\n');
  });

  it('takes the second sector for merged after I/O in its direction, the first after any other, as the kernel has it', async () => {
    await say('@stats_create 0+9 1');
    await io((handle) => {
      for (const at of [4, 1, 0]) handle.write(at * 512, new Uint8Array(512));
      for (const at of [0, 1, 0]) handle.read(at * 512, 512);
    });
    expect(await say('@stats_print 0 0 2')).to.equal('0+1 2 1 2 0 1 0 1 0 0 0 0 0 0\n1+1 1 1 1 0 1 1 1 0 0 0 0 0 0\n');
  });

  it('counts the pieces an I/O is cut into, all in the first bucket of a histogram, but none that fails at once', async () => {
    await up([line('striped', '2 16 7:0 0 7:1 0', 64), line('error', '', 64, 64)]);
    await say('@stats_create - /1 1 histogram:1,100');
    await io((handle) => {
      handle.read(8 * 512, 32 * 512);
      expect(() => handle.write(60 * 512, new Uint8Array(8 * 512))).to.throw(DmError);
    });
    expect(await say('@stats_print 0')).to.equal('0+128 3 0 32 0 1 0 4 0 0 0 0 0 0 4:0:0\n');
  });

  it('answers in the buffer, says where it is too small, and leaves what was there where it says nothing', async () => {
    const ioctl = fakeIoctl(kernel);
    async function ask(text: string, size: number, sector = 0n): Promise<{ flags: number; answer: string }> {
      const buffer = new Uint8Array(size);
      const view = new DataView(buffer.buffer);
      view.setUint32(0, 4, true);
      view.setUint32(12, size, true);
      view.setUint32(16, 312, true);
      buffer.set(Buffer.from(NAME), 48);
      view.setBigUint64(312, sector, true);
      buffer.set(Buffer.from(text), 320);
      expect(await ioctl(0, 0xc138_fd00 | MESSAGE, buffer)).to.equal(0);
      const end = view.getUint32(12, true);
      return { flags: view.getUint32(28, true), answer: Buffer.from(buffer.subarray(312, end)).toString('latin1') };
    }
    expect(await ask('@stats_list', 400)).to.deep.include({ answer: '\0' });
    expect((await ask('@stats_create - 1', 338)).answer).to.equal('0\0');
    const full = await ask('@stats_print 0', 400);
    expect(full.flags & (DATA_OUT | BUFFER_FULL)).to.equal(DATA_OUT | BUFFER_FULL);
    expect(full.answer).to.equal('');
    await say('@stats_delete 0');
    expect(await ask(' @stats_list x', 400, (1n << 64n) - 1n)).to.deep.include({
      answer: `${'\xff'.repeat(8)} @stats_list\0`,
    });
  });
});
