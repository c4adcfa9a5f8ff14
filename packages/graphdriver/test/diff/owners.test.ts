import { bytes } from '@dmthin/domain';
import { expect } from 'chai';
import { applyDiff } from '#src/diff/apply-diff';
import { exportDiff } from '#src/diff/export-diff';
import { readTar } from '#src/tar/read-tar';
import { compareTrees } from '#src/tree/compare-trees';
import { DirectoryAttributes } from '../support/directory-attributes.ts';
import { errorOf } from '../support/expect-error.ts';
import { entry, streamOf, tarOf } from '../support/tars.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SHIFT = 231_072;
const log = { write: (): void => undefined };

/** Notes the owners that are asked for, by the names of the files. */
class NotedOwners extends DirectoryAttributes {
  readonly owners: Record<string, string> = {};

  override async changeOwner(path: string | Uint8Array, uid: number, gid: number): Promise<void> {
    this.owners[Buffer.from(path).toString().split('/').at(-1) ?? ''] = `${uid}:${gid}`;
  }
}

describe('owners in a user namespace', () => {
  it('are on disk who they are on the host', async () => {
    await using place = await temporaryDirectory();
    const attributes = new NotedOwners();
    const range = { containerId: 0, hostId: SHIFT, size: 65_536 };
    const idMaps = { users: [range], groups: [range] };
    const tar = tarOf([entry('root', { uid: 0, gid: 0 }), 'x'], entry('dir/', { type: 'directory', uid: 7, gid: 8 }));
    await applyDiff(place.raw, streamOf(tar), { attributes, log, idMaps, capacity: bytes(2 ** 20) });
    expect(attributes.owners).to.deep.equal({ root: `${SHIFT}:${SHIFT}`, dir: `${SHIFT + 7}:${SHIFT + 8}` });

    const beyond = tarOf([entry('beyond', { uid: 70_000 }), 'x']);
    const options = { attributes, log, idMaps, capacity: bytes(2 ** 20) };
    const error = await errorOf(applyDiff(place.raw, streamOf(beyond), options), 'NOT_SUPPORTED');
    expect(error.message).to.include('Container ID 70000 cannot be mapped to a host ID');
  });

  it('are in a tar who they are in the container', async () => {
    await using place = await temporaryDirectory();
    const attributes = new NotedOwners();
    await applyDiff(place.raw, streamOf(tarOf([entry('file'), 'x'])), { attributes, log, capacity: bytes(2 ** 20) });
    const { uid, gid } = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const idMaps = {
      users: [{ containerId: 5, hostId: uid, size: 1 }],
      groups: [{ containerId: 6, hostId: gid, size: 1 }],
    };
    const owners: string[] = [];
    const tar = exportDiff(place.raw, compareTrees(undefined, place.raw, attributes), { attributes, idMaps, now: 0 });
    for await (const item of readTar(tar)) owners.push(`${item.entry.path} ${item.entry.uid}:${item.entry.gid}`);
    expect(owners).to.deep.equal(['file 5:6']);
  });
});
