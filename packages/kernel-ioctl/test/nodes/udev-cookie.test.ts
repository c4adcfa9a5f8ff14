import { readFileSync } from 'node:fs';
import { DmError } from '@dmthin/domain';
import { expect } from 'chai';
import { addToSemaphore } from '#internal/nodes/semaphore';
import { UdevNodes } from '#internal/nodes/udev-nodes';

/** The semaphores that this test made and that still exist; others on this machine may have cookies of their own. */
function cookies(): readonly { key: number; id: number }[] {
  const [, ...lines] = readFileSync('/proc/sysvipc/sem', 'utf8').trim().split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/u).map(Number))
    .map(([key = 0, id = 0]) => ({ key, id }))
    .filter(({ key, id }) => key >>> 16 === 0x0d4d && made.has(id));
}

const made = new Set<number>();
const LIMIT_MS = 100;

describe('a udev cookie', () => {
  before(function () {
    // SysV semaphores are Linux' here; nothing else has device-mapper.
    if (process.platform !== 'linux') this.skip();
  });

  let nodes: UdevNodes;
  let semaphore: number | undefined;
  beforeEach(() => {
    semaphore = undefined;
    nodes = new UdevNodes({
      limitMs: LIMIT_MS,
      onSemaphore: (id) => {
        semaphore = id;
        if (id !== undefined) made.add(id);
      },
    });
  });
  afterEach(() => expect(cookies(), 'semaphores that were left behind').to.deep.equal([]));

  /** What `dmsetup udevcomplete` does at the end of udev's rules. */
  const udevCompletes = () => addToSemaphore(semaphore ?? -1, -1);

  it('names a semaphore in its low half, and says whose uevent it is in its high half', () => {
    const cookie = nodes.announce();
    expect(cookies().map(({ key }) => key & 0xffff)).to.deep.equal([cookie & 0xffff]);
    expect(cookie >>> 16).to.equal(0x60);
    nodes.done(undefined, false);
    nodes.settle();
  });

  it('is waited for until udev has completed every change that carried it', () => {
    const [first, second] = [nodes.announce(), nodes.announce()];
    expect(second, 'changes in a row share a cookie').to.equal(first);
    nodes.done({ kind: 'removed', name: 'dmthin-none-1' }, true);
    nodes.done({ kind: 'removed', name: 'dmthin-none-2' }, true);
    udevCompletes();
    udevCompletes();
    nodes.settle();
    expect(nodes.announce(), 'the next change has a cookie of its own').not.to.equal(first);
    nodes.done(undefined, false);
    nodes.settle();
  });

  it('is completed here where the change failed, or no uevent went out', () => {
    nodes.announce();
    nodes.done(undefined, false);
    nodes.announce();
    nodes.done({ kind: 'removed', name: 'dmthin-none' }, false);
    const begun = performance.now();
    nodes.settle();
    expect(performance.now() - begun).to.be.below(LIMIT_MS);
  });

  it('is given up after the limit, and its semaphore with it (defect 15)', () => {
    nodes.announce();
    nodes.done({ kind: 'removed', name: 'dmthin-none' }, true);
    const begun = performance.now();
    expect(() => nodes.settle())
      .to.throw(DmError, 'udev was not done with dmthin-none')
      .with.property('code', 'TIMED_OUT');
    expect(performance.now() - begun).to.be.within(LIMIT_MS - 5, LIMIT_MS + 1000);
  });

  it('needs nothing where nothing was announced', () => {
    nodes.settle();
    expect(semaphore).to.equal(undefined);
  });
});
