import type { IdMaps } from '@dmthin/domain';
import type { Log } from '@dmthin/ports';

/** Who speaks to device-mapper: ioctl(2) through ffi-rs, the dmsetup program, or a kernel in memory. */
export type KernelName = 'ioctl' | 'dmsetup' | 'fake';

export interface OpenOptions {
  /** Where layers, records and mounts are kept: Docker's `<docker root>/devicemapper`. Made where it is missing. */
  readonly root: string;
  /** `ioctl` where it is not given. `fake` needs neither root nor Linux, and loads no native module. */
  readonly kernel?: KernelName | undefined;
  /** `dm.*` options as Docker's `--storage-opt` takes them: `dm.basesize=20G` (docs/options.md). */
  readonly storageOptions?: readonly string[] | undefined;
  /** Which layer was made from which, layer to parent, where the root does not know: from `surveyDockerStore`. */
  readonly parents?: ReadonlyMap<string, string> | undefined;
  /** How many use each layer that is found mounted, where the caller knows; one, where it does not, as Docker counts. */
  readonly users?: ReadonlyMap<string, number> | undefined;
  /**
   * The user namespace of those who use the layers: files have its owners on disk and the container's in tars. The
   * host's own where it is not given.
   */
  readonly idMaps?: IdMaps | undefined;
  /** Where messages go; nowhere by default. */
  readonly log?: Log | undefined;
  /**
   * Whether what was acknowledged outlasts a power cut: it does, except on the fake kernel, where it outlasts the
   * process only and costs no fsync.
   */
  readonly isDurable?: boolean | undefined;
  /** Gives up opening once it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** What a snapshotter is opened with: nothing that only Docker's layers have. */
export type SnapshotterOptions = Omit<OpenOptions, 'parents' | 'idMaps' | 'signal'>;
