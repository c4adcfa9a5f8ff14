import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type LoopDevice, loopDevice } from './machine.ts';

const DMTHIN = fileURLToPath(new URL('../../../packages/cli/bin/dmthin.js', import.meta.url));
/** Mapped blocks of 64 KiB whose sizes thin_ls rounds, cuts off, and shows in every unit up to GiB. */
const SIZES = [0, 1, 17, 24, 129, 136, 5000, 16_008, 16_376, 16_392, 131_080, 139_264, 163_840];
const FIELDS =
  'DEV,MAPPED_BLOCKS,EXCLUSIVE_BLOCKS,SHARED_BLOCKS,MAPPED_SECTORS,EXCLUSIVE_SECTORS,SHARED_SECTORS,' +
  'MAPPED_BYTES,EXCLUSIVE_BYTES,SHARED_BYTES,MAPPED,EXCLUSIVE,SHARED,TRANSACTION,CREATE_TIME,SNAP_TIME';

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
}

const ours = (verb: string, words: readonly string[]): Ran =>
  run(process.execPath, [DMTHIN, 'metadata', verb, ...words]);
const theirs = (verb: string, words: readonly string[]): Ran => run(`thin_${verb}`, words);

function run(program: string, words: readonly string[]): Ran {
  const { error, status, stdout } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (error !== undefined) throw error;
  return { status, stdout };
}

describe('the metadata verbs, beside the tools they are like', function () {
  this.timeout(120_000);
  let directory: string;
  let metadata: LoopDevice;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'dmthin-verbs-'));
    metadata = loopDevice(65_536);
    const xml = join(directory, 'pool.xml');
    writeFileSync(xml, dumpOf(SIZES));
    expect(ours('restore', ['-i', xml, '-o', metadata.path])).to.deep.equal({ status: 0, stdout: '' });
    expect(theirs('check', [metadata.path]).status).to.equal(0);
  });
  after(() => {
    metadata.detach();
    rmSync(directory, { recursive: true });
  });

  for (const [verb, ...words] of [
    ['dump'],
    ['dump', '-f', 'human_readable', '--dev-id', '4', '--dev-id', '5'],
    ['dump', '--skip-mappings'],
    ['ls'],
    ['ls', '-o', FIELDS],
    ['ls', '--no-headers', '--format', 'DEV,SHARED'],
    ['ls', '-o', 'SIZE'],
    ['ls', '-m'],
    ['delta', '--thin1', '3', '--snap2', '6'],
    ['delta', '--thin1', '6', '--thin2', '5', '--verbose'],
    ['delta', '--thin1', '1', '--thin2', '77'],
    ['rmap', '--region', '0..20', '--region', '100..200'],
    ['rmap', '--region', '5..5'],
  ] as const)
    it(`${[verb, ...words].join(' ').slice(0, 70)}: status and output are the same`, () => {
      const all = [...words, metadata.path];
      // thin_rmap leaves open in which order it tells who maps the same block.
      const shown = (ran: Ran): Ran => (verb === 'rmap' ? { ...ran, stdout: sortedLines(ran.stdout) } : ran);
      expect(shown(ours(verb, all))).to.deep.equal(shown(theirs(verb, all)));
    });

  for (const words of [
    ['-b', '64k', '-s', '1t', '-m', '1000'],
    ['-b', '128', '-s', '2000000', '-m', '10', '-u', 'M'],
    ['-b64k', '-s1g', '-m1k', '--unit=b'],
    ['-b', '64kibi', '-s', '1g', '-m', '1', '-nlong', '-u', 'g'],
    ['-b', '63k', '-s', '1g', '-m', '1'],
  ])
    it(`size ${words.join(' ')}: status and output are the same`, () => {
      expect(ours('size', words)).to.deep.equal(theirs('metadata_size', words));
    });
});

function sortedLines(text: string): string {
  return text.split('\n').sort().join('\n');
}

/** A pool of a device a size, all mapping the same data blocks from the first on. */
function dumpOf(sizes: readonly number[]): string {
  const devices = sizes.map((blocks, id) => {
    const mapping = `<range_mapping origin_begin="${3 * id}" data_begin="0" length="${blocks}" time="0"/>`;
    const details = `mapped_blocks="${blocks}" transaction="${id}" creation_time="0" snap_time="1"`;
    return `<device dev_id="${id}" ${details}>${blocks === 0 ? '' : mapping}</device>`;
  });
  const pool = 'uuid="" time="1" transaction="9" flags="0" version="2" data_block_size="128" nr_data_blocks="200000"';
  return `<superblock ${pool}>${devices.join('')}</superblock>`;
}
