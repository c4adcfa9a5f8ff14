import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { failureOf } from '@dmthin/conformance';
import { expect } from 'chai';
import { type Bench, closeBench, directoryIn, MIB, openBench, sparseFile } from './bench.ts';

describe('filesystems of Linux', () => {
  let host: Bench;
  beforeEach(() => {
    host = openBench();
  });
  afterEach(() => closeBench(host));

  async function disk(name: string, size = 320 * MIB): Promise<string> {
    return (await host.loopDevices.attach(sparseFile(host, name, size))).path;
  }

  it('are preferred as Docker prefers them', async () => {
    expect(await host.filesystems.supported()).to.deep.equal(['xfs', 'ext4']);
  });

  it('are found by their magic, btrfs and the older ext too, and nothing else is', async () => {
    const path = await disk('disk');
    const device = await host.blockDevices.open(path);
    const put = async (at: number, bytes: string): Promise<void> => {
      const block = new Uint8Array(4096);
      block.set(Buffer.from(bytes, 'latin1'), at % 4096);
      await device.write(BigInt(at - (at % 4096)), block);
    };
    await put(0x10040, '_BHRfS_M');
    expect(await host.filesystems.probe(path)).to.deep.equal({ type: 'btrfs', uuid: '' });
    await put(0x10040, 'LABELONE');
    expect(await host.filesystems.probe(path)).to.equal(undefined);
    await put(0x438, '\x53\xef');
    expect((await host.filesystems.probe(path))?.type).to.equal('ext4');
    await device.close();
  });

  it('are found on a device that ends before the last magic', async () => {
    const path = await disk('tiny', 32 * 1024);
    expect(await host.filesystems.probe(path)).to.equal(undefined);
  });

  it('are made over what was there before', async () => {
    const path = await disk('disk');
    await host.filesystems.make(path, { type: 'ext4' });
    await host.filesystems.make(path, { type: 'xfs' });
    expect((await host.filesystems.probe(path))?.type).to.equal('xfs');
    await host.filesystems.make(path, { type: 'ext4' });
    expect((await host.filesystems.probe(path))?.type).to.equal('ext4');
  });

  it('say in the words of their tool why they cannot be made', async () => {
    const error = await failureOf(host.filesystems.make(await disk('small', 16 * MIB), { type: 'xfs' }));
    expect(error.code).to.equal('INVALID_ARGUMENT');
    expect(error.message).to.include('300MB');
  });

  it('take the number of tries of a mounted xfs that has no space', async () => {
    const path = await disk('disk');
    await host.filesystems.make(path, { type: 'xfs' });
    expect((await failureOf(host.filesystems.setNoSpaceRetries(path, 0n))).code).to.equal('NOT_FOUND');
    await host.mounts.mount({ source: path, target: directoryIn(host, 'mnt'), type: 'xfs' });
    await host.filesystems.setNoSpaceRetries(path, 7n);
    const file = `/sys/fs/xfs/${basename(path)}/error/metadata/ENOSPC/max_retries`;
    expect(readFileSync(file, 'utf8')).to.equal('7\n');
  });
});
