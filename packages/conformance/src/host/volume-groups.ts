import { bytes } from '@dmthin/domain';
import type { VolumeGroups } from '@dmthin/ports';
import { expect } from 'chai';
import { codeOf } from '../failure-of.ts';
import { caseAdder, DISK_SIZE, newDisk } from './host-case.ts';
import type { HostFixture, HostUnderTest } from './host-fixture.ts';

/** A host that has LVM too. */
export interface VolumeGroupsUnderTest extends HostUnderTest {
  readonly volumeGroups: VolumeGroups;
}

/** LVM refuses what is the name of another group of this machine. */
const GROUP = 'dmthin-conformance';
const OTHER = 'dmthin-conformance-2';
const EXTENT = 4 * 1024 * 1024;

/**
 * What LVM has to do for direct-lvm, as mocha cases: the port `VolumeGroups`. The groups are `dmthin-conformance` and
 * `dmthin-conformance-2`; the fixture's teardown removes them.
 */
export function volumeGroupsConformance<Host extends VolumeGroupsUnderTest>(
  label: string,
  fixture: HostFixture<Host>,
): void {
  const add = (title: string, body: (host: Host) => Promise<void>): void =>
    caseAdder(fixture)(title, [], (host) => body(host as Host));
  describe(`${label} as LVM`, () => {
    add('knows nothing of a device that is no physical volume, and of a group that is not there', async (host) => {
      expect(await host.volumeGroups.inspect(await newDisk(host))).to.equal(undefined);
      expect(await host.volumeGroups.listVolumes(GROUP)).to.deep.equal([]);
    });

    add('has no device where there is none', async ({ volumeGroups }) => {
      expect(await codeOf(volumeGroups.inspect('/dev/loop-none'))).to.equal('NOT_FOUND');
      expect(await codeOf(volumeGroups.createGroup(GROUP, '/dev/loop-none'))).to.equal('NOT_FOUND');
    });

    add('makes a group of a device, which is in one group only', async (host) => {
      const { volumeGroups } = host;
      const [one, two] = [await newDisk(host, 'one'), await newDisk(host, 'two')];
      await volumeGroups.createGroup(GROUP, one);
      const info = await volumeGroups.inspect(one);
      expect(info?.group).to.equal(GROUP);
      expect(Number(info?.size)).to.be.within(DISK_SIZE - 2 * EXTENT, DISK_SIZE);
      expect(await volumeGroups.listVolumes(GROUP)).to.deep.equal([]);
      expect(await codeOf(volumeGroups.createGroup(OTHER, one))).to.equal('ALREADY_EXISTS');
      expect(await codeOf(volumeGroups.createGroup(GROUP, two))).to.equal('ALREADY_EXISTS');
      await volumeGroups.createGroup(OTHER, two);
    });

    add('makes volumes of a share of the group, or of the rest, until nothing is left', async (host) => {
      const { volumeGroups, blockDevices } = host;
      await volumeGroups.createGroup(GROUP, await newDisk(host));
      await volumeGroups.createVolume(GROUP, 'data', 80);
      await volumeGroups.createVolume(GROUP, 'meta', 10);
      expect(new Set(await volumeGroups.listVolumes(GROUP))).to.deep.equal(new Set(['data', 'meta']));
      const size = Number(await blockDevices.size(mapped('data')));
      expect([size % EXTENT, size / DISK_SIZE]).to.satisfy(
        ([rest, share]: [number, number]) => rest === 0 && share > 0.75,
      );
      expect(await codeOf(volumeGroups.createVolume(GROUP, 'data', 5))).to.equal('ALREADY_EXISTS');
      await volumeGroups.createVolume(GROUP, 'rest', 50);
      expect(Number(await blockDevices.size(mapped('rest'))) / DISK_SIZE).to.be.lessThan(0.15);
      expect(await codeOf(volumeGroups.createVolume(GROUP, 'more', 5))).to.equal('NO_SPACE');
      expect(await codeOf(volumeGroups.createVolume(OTHER, 'data', 5))).to.equal('NOT_FOUND');
    });

    add('wipes what the place of a volume had in it', async (host) => {
      const { volumeGroups, blockDevices } = host;
      const disk = await newDisk(host);
      const whole = await blockDevices.open(disk);
      for (let at = 0; at < DISK_SIZE; at += EXTENT / 4) await whole.write(BigInt(at), new Uint8Array(4096).fill(7));
      await whole.close();
      await volumeGroups.createGroup(GROUP, disk);
      await volumeGroups.createVolume(GROUP, 'data', 50);
      const volume = await blockDevices.open(mapped('data'));
      expect(Buffer.from(await volume.read(0n, 4096)).every((byte) => byte === 0)).to.equal(true);
      await volume.close();
    });

    add('makes a thin pool of two volumes, which are no volumes of their own then', async (host) => {
      const { volumeGroups, blockDevices } = host;
      await volumeGroups.createGroup(GROUP, await newDisk(host));
      await volumeGroups.createVolume(GROUP, 'pool', 80);
      expect(await codeOf(volumeGroups.convertToThinPool(GROUP, 'pool', 'meta', bytes(512 * 1024)))).to.equal(
        'NOT_FOUND',
      );
      await volumeGroups.createVolume(GROUP, 'meta', 5);
      const size = await blockDevices.size(mapped('pool'));
      await volumeGroups.convertToThinPool(GROUP, 'pool', 'meta', bytes(512 * 1024));
      expect(await volumeGroups.listVolumes(GROUP)).to.deep.equal(['pool']);
      expect(await blockDevices.size(mapped('pool'))).to.equal(size);
      await volumeGroups.setAutoextend(GROUP, 'pool', 'dmthin-conformance', 80, 20);
      expect(await codeOf(volumeGroups.setAutoextend(GROUP, 'none', 'dmthin-conformance', 80, 20))).to.equal(
        'NOT_FOUND',
      );
    });
  });
}

/** LVM doubles the dashes of a name. */
function mapped(volume: string): string {
  return `/dev/mapper/${GROUP.replaceAll('-', '--')}-${volume}`;
}
