import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { dmthin, jsonOf, type Ran } from '../support/dmthin.ts';

const DUMP = `<superblock uuid="" time="2" transaction="7" flags="0" version="2" data_block_size="128" nr_data_blocks="1000">
  <device dev_id="1" mapped_blocks="11" transaction="0" creation_time="0" snap_time="1">
    <range_mapping origin_begin="0" data_begin="0" length="5" time="0"/>
    <single_mapping origin_block="7" data_block="7" time="1"/>
    <range_mapping origin_begin="20" data_begin="30" length="5" time="1"/>
  </device>
  <device dev_id="2" mapped_blocks="5" transaction="1" creation_time="1" snap_time="1">
    <range_mapping origin_begin="0" data_begin="0" length="4" time="0"/>
    <single_mapping origin_block="4" data_block="40" time="2"/>
  </device>
</superblock>
`;

describe('dmthin metadata', function () {
  this.timeout(60_000);
  let root: string;
  let pool: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'dmthin-metadata-'));
    pool = await emptyFile('pool');
    await writeFile(join(root, 'pool.xml'), DUMP);
    expect(await run('restore', '-i', join(root, 'pool.xml'), '-o', pool)).to.deep.include({ status: 0 });
  });
  afterEach(() => rm(root, { recursive: true }));

  const run = (...words: readonly string[]): Promise<Ran> => dmthin(['metadata', ...words], { root });
  const text = async (...words: readonly string[]): Promise<string> => (await run(...words)).stdout.toString();

  async function emptyFile(name: string): Promise<string> {
    const path = join(root, name);
    await writeFile(path, '');
    await truncate(path, 1 << 20);
    return path;
  }

  async function damage(block: number): Promise<void> {
    const bytes = await readFile(pool);
    bytes[4096 * block + 40] = (bytes[4096 * block + 40] as number) ^ 1;
    await writeFile(pool, bytes);
  }

  it('restores a dump and prints it again, through JSON too', async () => {
    expect(await text('dump', pool)).to.equal(DUMP);
    const lines = join(root, 'pool.jsonl');
    expect(await run('dump', '--json', '-o', lines, pool)).to.deep.include({ status: 0, stderr: '' });
    const copy = await emptyFile('copy');
    expect(await run('restore', '-i', lines, '-o', copy)).to.deep.include({ status: 0, stderr: '' });
    expect(await text('dump', copy)).to.equal(DUMP);
  });

  it('checks with the exit status of thin_check', async () => {
    const sound = await run('check', pool);
    expect([sound.status, sound.stdout.toString()]).to.deep.equal([0, 'TRANSACTION_ID=7\nMETADATA_FREE_BLOCKS=245\n']);
    expect(sound.stderr).to.match(/^examining superblock\n.*checking space map counts\n$/su);
    await damage(1);
    const broken = await run('check', pool);
    expect(broken.status).to.equal(1);
    expect(broken.stderr).to.include('thin device 1 loses its mappings of blocks 0 and above');
    expect(await run('check', '-q', pool)).to.deep.include({ status: 1, stderr: '', stdout: Buffer.alloc(0) });
    expect(await run('check', '--super-block-only', pool)).to.deep.include({ status: 0 });
    expect((await run('check', join(root, 'none'))).status).to.equal(1);
  });

  it('lists devices and what they share', async () => {
    expect(await text('ls', '-o', 'DEV,MAPPED,EXCLUSIVE_BLOCKS', pool)).to.equal(
      'DEV MAPPED EXCLUSIVE_BLOCKS \n  1 704KiB                7 \n  2 320KiB                1 \n',
    );
    expect(await jsonOf(['metadata', 'ls', pool], { root })).to.deep.equal([
      {
        device: 1,
        mappedBlocks: 11,
        exclusiveBlocks: 7,
        sharedBlocks: 4,
        transactionId: 0,
        creationTime: 0,
        snapshottedTime: 1,
      },
      {
        device: 2,
        mappedBlocks: 5,
        exclusiveBlocks: 1,
        sharedBlocks: 4,
        transactionId: 1,
        creationTime: 1,
        snapshottedTime: 1,
      },
    ]);
  });

  it('compares devices, with each other and with nothing', async () => {
    const delta = await text('delta', '--thin1', '1', '--snap2', '2', pool);
    expect(delta.match(/<(same|different|\w+_only) .*/gu)).to.deep.equal([
      '<same begin="0" length="4"/>',
      '<different begin="4" length="1"/>',
      '<left_only begin="7" length="1"/>',
      '<left_only begin="20" length="5"/>',
    ]);
    expect(await jsonOf(['metadata', 'delta', '--thin2', '2', pool], { root })).to.deep.equal([
      { kind: 'right_only', begin: 0, length: 4, rightData: 0 },
      { kind: 'right_only', begin: 4, length: 1, rightData: 40 },
    ]);
    expect((await run('delta', '--thin1', '1', '--thin2', '9', pool)).status).to.equal(1);
  });

  it('says who maps data blocks', async () => {
    expect(await text('rmap', '--region', '3..8', pool)).to.equal(
      'data 3..5 -> thin(1) 3..5\ndata 3..4 -> thin(2) 3..4\ndata 7..8 -> thin(1) 7..8\n',
    );
  });

  it('repairs what is left into another file', async () => {
    await damage(1);
    const copy = await emptyFile('copy');
    const repaired = await run('repair', '-i', pool, '-o', copy);
    expect([repaired.status, repaired.stdout.toString()]).to.deep.equal([0, 'thin device 1 lost 11 mapped blocks\n']);
    expect((await run('check', copy)).status).to.equal(0);
    expect(await text('dump', '--dev-id', '2', copy)).to.include('<single_mapping origin_block="4" data_block="40"');
    await damage(0);
    const refused = await run('repair', '-i', pool, '-o', copy);
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.include('due to corruption in the superblock: transaction id');
  });

  it('estimates sizes as thin_metadata_size does', async () => {
    expect(await text('size', '-b', '64k', '-s', '1t', '-m', '1000')).to.equal(
      'thin_metadata_size - 1073224 sectors estimated metadata area size for "--block-size=64kibibytes --pool-size=1tebibytes --max-thins=1000"\n',
    );
    expect(await text('size', '-b64k', '-s1g', '-m1', '-nshort', '-um')).to.equal('0.52m\n');
  });
});
