import type { Deferral, DevicePrefix, StorageOptions } from '@dmthin/domain';
import type { Gate, KeyedLock, RecoveryReport, ThinPool } from '@dmthin/engine';
import type { LoadedRecords } from '@dmthin/ports';
import type { LayerIdentities } from '../identity/layer-identities.ts';
import type { Lineage } from '../layer/lineage.ts';
import type { PendingGrowth } from '../layer/pending-growth.ts';
import type { RootLayout } from '../layout/root-layout.ts';
import type { MarkDirectory } from '../mark/mark-directory.ts';
import type { MountCounts } from '../mount/mount-counts.ts';
import type { PoolSource } from '../pool/pool-source.ts';
import type { GraphDriverPorts, GraphDriverSettings } from '../ports.ts';
import type { HalfReceived } from '../send/half-received.ts';

/** What the use cases of one open driver share. */
export interface DriverContext {
  readonly ports: GraphDriverPorts;
  readonly settings: GraphDriverSettings;
  /** Some may change while the driver is open (`reloadOptions`). */
  options: StorageOptions;
  readonly deferral: Deferral;
  readonly layout: RootLayout;
  readonly prefix: DevicePrefix;
  readonly source: PoolSource;
  /** The records as they were found, but for the volumes, which \`pool\` has. */
  readonly loaded: LoadedRecords;
  readonly pool: ThinPool;
  readonly counts: MountCounts;
  readonly lineage: Lineage;
  readonly growth: PendingGrowth;
  /** Layers that are made with a content and do not have all of it yet. */
  readonly filling: MarkDirectory;
  /** What the contents of layers are called, by which a stream knows its base. */
  readonly identities: LayerIdentities;
  readonly halves: HalfReceived;
  /** One lock a layer, around its making, mount and removal. */
  readonly locks: KeyedLock;
  readonly gate: Gate;
  /** What the engine and the base device met at the start, one sentence each. */
  readonly metAtStart: readonly string[];
  /** What opening found and did, faults included. */
  readonly recovery: RecoveryReport;
  /** libdevmapper's version, where one is used. */
  readonly libraryVersion: string | undefined;
}

/** What can be done before layers are known: all that the base device needs. */
export type VolumeContext = Pick<DriverContext, 'ports' | 'options' | 'layout' | 'pool' | 'growth'>;
