import { access, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BASE_VOLUME, DmError, type VolumeId } from '@dmthin/domain';
import type { LoadedRecords, VolumeRecord } from '@dmthin/ports';
import { nodeDisk } from '../disk/node-disk.ts';
import { layoutOf } from '../layout.ts';
import { RecordLoader } from '../load/load-records.ts';
import { DAEMON_FILE, type DockerDaemon, daemonOf } from './docker-daemon.ts';
import { readLayerDatabase } from './layer-database.ts';
import { type PoolOptions, poolOptionsOf } from './pool-options.ts';
import { unchanging } from './unchanging-disk.ts';

/** What Docker uses a layer for. `unlisted`: its layer database does not have it. */
export type LayerRole = 'image' | 'container-init' | 'container' | 'unlisted';

export interface StoredLayer extends VolumeRecord {
  readonly role: LayerRole;
  /** As Docker's layer database has it; undefined for one made from the base, and for one that is not in it. */
  readonly parent: VolumeId | undefined;
}

/** What is in a Docker root with the devicemapper driver, looked at without changing anything. */
export interface DockerStore {
  readonly dockerRoot: string;
  /** Where to open it: `<docker root>/devicemapper`. */
  readonly root: string;
  readonly base: VolumeRecord | undefined;
  readonly layers: readonly StoredLayer[];
  readonly records: LoadedRecords;
  /** The `--storage-opt`s that lead to its pool, as far as files tell. */
  readonly pool: PoolOptions;
  /** The dockerd that has it now. */
  readonly daemon: DockerDaemon | undefined;
}

export interface SurveyOptions {
  /** Docker's own, by default: `/etc/docker/daemon.json`. */
  readonly daemonFile?: string | undefined;
}

/**
 * Looks at a Docker store, given by `/var/lib/docker` or the `devicemapper` directory in it. Takes no lock and writes
 * nothing, so that a running dockerd is not disturbed; what it is changing meanwhile may be seen half.
 * @throws DmError NOT_FOUND: there is no such store. NOT_PERMITTED: it may not be read.
 */
export async function surveyDockerStore(directory: string, options: SurveyOptions = {}): Promise<DockerStore> {
  const root = await rootIn(directory);
  const dockerRoot = dirname(root);
  const { daemonFile = DAEMON_FILE } = options;
  const records = await new RecordLoader(unchanging(nodeDisk(false)), layoutOf(root), undefined).load();
  const database = await readLayerDatabase(dockerRoot);
  const layers = records.volumes.filter(({ volume }) => volume !== BASE_VOLUME);
  return {
    dockerRoot,
    root,
    base: records.volumes.find(({ volume }) => volume === BASE_VOLUME),
    layers: layers.map((record) => {
      const { role = 'unlisted', parent } = database.get(record.volume) ?? {};
      return { ...record, role, parent };
    }),
    records: { ...records, leftovers: [] },
    pool: await poolOptionsOf(dockerRoot, root, daemonFile),
    daemon: await daemonOf(dockerRoot, daemonFile),
  };
}

async function rootIn(directory: string): Promise<string> {
  const candidates =
    basename(directory) === 'devicemapper' ? [directory] : [join(directory, 'devicemapper'), directory];
  for (const candidate of candidates) {
    // Every store that was ever started has it.
    const isStore = await access(join(candidate, 'metadata', 'deviceset-metadata')).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EACCES')
          throw new DmError('NOT_PERMITTED', `${candidate} may not be read`, {
            errno: 'EACCES',
            subject: candidate,
            remedy: 'Run it as root.',
          });
        return false;
      },
    );
    if (isStore) return realpath(candidate);
  }
  throw new DmError('NOT_FOUND', `${directory} holds no store of Docker's devicemapper driver`, {
    subject: directory,
    remedy: "Give Docker's root (/var/lib/docker; docker info shows it), whose devicemapper/metadata has its records.",
  });
}
