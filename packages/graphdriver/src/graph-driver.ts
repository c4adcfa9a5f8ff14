import type { Bytes, DeviceName, PoolStatus, VolumeId } from '@dmthin/domain';
import type { ChangedRange, RecoveryReport, VolumeSharing } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { Finding } from './check/finding.ts';
import type { Compression } from './send/compression.ts';

/** A layer: a volume with a filesystem in it, made from the base device or from another layer. */
export interface Layer {
  readonly id: VolumeId;
  /** The thin id, as Docker's `DeviceId`. */
  readonly deviceId: number;
  readonly size: Bytes;
  readonly deviceName: DeviceName;
  /** The layer it was made from, where this driver still knows; undefined for one made from the base. */
  readonly parent: VolumeId | undefined;
  readonly isDeleted: boolean;
  /** Where its root directory is, while it is mounted. */
  readonly mountPath: string | undefined;
}

export interface CreateLayerOptions {
  /** Made from the base device where it is not given. */
  readonly parent?: string | undefined;
  /** Docker's `--storage-opt` of a container; `size` alone is known. */
  readonly storageOptions?: Readonly<Record<string, string>> | undefined;
}

export type ChangeKind = 'modify' | 'add' | 'delete';

/** A path that differs between two layers (docker-devicemapper.md, Appendix A). */
export interface Change {
  /** Absolute within the layer: `/etc/hosts`. */
  readonly path: string;
  readonly kind: ChangeKind;
  /** The path's bytes, where they are not UTF-8 and `path` shows them as `\\xNN`. */
  readonly rawPath?: Uint8Array | undefined;
}

/** Docker's `GraphDriver.Data`. */
export interface LayerMetadata {
  readonly DeviceId: string;
  readonly DeviceSize: string;
  readonly DeviceName: string;
}

export interface SendOptions {
  /** The layer that the receiver has too: only what differs from it is sent. */
  readonly from?: string | undefined;
  /** `zstd` where this Node has it (22.15 and later), else `gzip`. */
  readonly compression?: Compression | undefined;
}

/** A layer of which a stream was not received to its end. */
export interface PendingReceive {
  readonly id: VolumeId;
  readonly size: Bytes;
  /** How far it came, of `size`. */
  readonly received: Bytes;
  /** For `resumeSend` on the host that it comes from. */
  readonly token: string;
}

/** How much of a pool's data or metadata device is used. */
export interface SpaceUse {
  readonly used: Bytes;
  readonly total: Bytes;
  /** What is free, or what the file system under a loop file has left, where that is less. */
  readonly available: Bytes;
}

/** The driver's state, typed; `rows` are the same as `docker info` shows them, in its order and words. */
export interface DriverStatus {
  readonly poolName: DeviceName;
  readonly blockSize: Bytes;
  readonly baseDeviceSize: Bytes;
  readonly backingFilesystem: string;
  readonly udevSync: boolean;
  /** As the kernel says it. */
  readonly pool: PoolStatus;
  readonly dataFile: string | undefined;
  readonly metadataFile: string | undefined;
  readonly dataLoopFile: string | undefined;
  readonly metadataLoopFile: string | undefined;
  readonly data: SpaceUse;
  readonly metadata: SpaceUse;
  readonly minimumFreeSpace: Bytes;
  readonly deferredRemoval: boolean;
  readonly deferredDeletion: boolean;
  readonly deferredDeletedCount: number;
  readonly libraryVersion: string | undefined;
  readonly layers: number;
  readonly recovery: RecoveryReport;
  readonly rows: readonly (readonly [label: string, value: string])[];
}

/**
 * Docker's devicemapper graph driver. Layer ids are plain strings, checked at the edge by `volumeId`
 * (INVALID_ARGUMENT says which rule one breaks). Every method rejects with a DmError; after `close` with CLOSED.
 */
export interface GraphDriver extends AsyncDisposable {
  /** Where the driver keeps its state. */
  readonly root: string;
  /** @throws DmError ALREADY_EXISTS, NOT_FOUND (parent), INVALID_ARGUMENT (size), NO_SPACE, READ_ONLY. */
  create(id: string, options?: CreateLayerOptions, signal?: CancelSignal): Promise<Layer>;
  /**
   * Makes a layer with the content of an uncompressed tar, whole or not at all: one that cannot be filled, or whose
   * process dies meanwhile, is removed again, at the latest when the root is opened next. Resolves to the sum of the sizes
   * in the tar's headers.
   * @throws DmError as `create` and `applyDiff`.
   */
  import(
    id: string,
    tar: AsyncIterable<Uint8Array>,
    options?: CreateLayerOptions,
    signal?: CancelSignal,
  ): Promise<Bytes>;
  /** Succeeds where there is none. @throws DmError BUSY: mounted or open, and deletion is not deferred. */
  remove(id: string, signal?: CancelSignal): Promise<void>;
  /** Mounts (or counts one more user) and resolves to the directory of the layer's content. @throws DmError NOT_FOUND, IO. */
  mount(id: string, options?: { readonly label?: string }, signal?: CancelSignal): Promise<string>;
  /** One user less; the last one unmounts and deactivates. @throws DmError NOT_FOUND, INVALID_ARGUMENT: not mounted. */
  unmount(id: string): Promise<void>;
  exists(id: string): boolean;
  layers(): readonly Layer[];
  /** @throws DmError NOT_FOUND. */
  layer(id: string): Layer;
  metadata(id: string): LayerMetadata;
  status(): Promise<DriverStatus>;
  /** How much of the pool the layer has mapped; counts what it shares with others as well. */
  usage(id: string): Promise<{ readonly mapped: Bytes }>;
  /**
   * The same of all layers at once, read from the pool's metadata in a few reads.
   * @throws DmError BUSY: the pool is written to faster than it can be read. CORRUPT, IO: its metadata.
   */
  mapped(): Promise<ReadonlyMap<VolumeId, Bytes>>;
  /**
   * What each layer shares with others (the base device included) and what is its own: one pass over all mappings of the
   * pool, of one moment.
   * @throws DmError BUSY: another program holds a metadata snapshot of the pool. READ_ONLY: the pool takes no messages.
   * CORRUPT, IO: its metadata.
   */
  sharing(signal?: CancelSignal): Promise<ReadonlyMap<VolumeId, VolumeSharing>>;
  /** What `id` changed against `parent`; against nothing, everything is added. In the order of a sorted walk. */
  changes(id: string, parent?: string, signal?: CancelSignal): Promise<readonly Change[]>;
  /** The changes as an uncompressed tar with whiteouts. Errors before the first byte reject the first read. */
  diff(id: string, parent?: string, signal?: CancelSignal): AsyncIterable<Uint8Array>;
  /** Bytes of added and modified files; a hard-linked file counts once. */
  diffSize(id: string, parent?: string, signal?: CancelSignal): Promise<Bytes>;
  /**
   * Unpacks an uncompressed tar with whiteouts into the layer; resolves to the sum of the sizes in its headers.
   * @throws DmError INVALID_ARGUMENT: a path or link that leaves the root. CORRUPT: not a tar, or cut off. NO_SPACE.
   */
  applyDiff(id: string, tar: AsyncIterable<Uint8Array>, signal?: CancelSignal): Promise<Bytes>;
  /**
   * In which ranges a layer differs from another, in bytes and in the order of their offsets, as the pool's metadata tell:
   * what was written again counts as changed though the bytes may be equal. Against nothing, all that the layer has.
   * @throws DmError as `sharing`; NOT_FOUND.
   */
  changedBlocks(id: string, base?: string, signal?: CancelSignal): AsyncIterable<ChangedRange>;
  /**
   * A layer as a stream of its blocks (docs/send-format.md), whole or against `from`, for `receive` on another host, to a
   * pool of any block size. Reading it slowly holds nothing but memory for a few pieces. Neither layer may be in use, before
   * the end of the stream either.
   * @throws DmError NOT_FOUND. BUSY: one is mounted or active. CONFLICT: one was, or was removed, while it was sent.
   */
  send(id: string, options?: SendOptions, signal?: CancelSignal): AsyncIterable<Uint8Array>;
  /**
   * The rest of a stream that was cut off, from where its receiver came to.
   * @throws DmError INVALID_ARGUMENT: not a token. CONFLICT: the layer, or the one it was sent from, was written to since.
   */
  resumeSend(
    token: string,
    options?: Pick<SendOptions, 'compression'>,
    signal?: CancelSignal,
  ): AsyncIterable<Uint8Array>;
  /**
   * Makes a layer of a stream of `send`. It is there when this resolves; where the stream is damaged or cut off, what came
   * before is kept, and `receive` of the rest (`resumeSend`) or of the same stream again goes on with it.
   * `base`: the layer here that it is based on; found by its content where it is not given.
   * @throws DmError CORRUPT: the stream. CONFLICT: no layer here has the content that it is based on, or `base` has
   * another; or what is here of `id` came from another stream. ALREADY_EXISTS. BUSY: it is being received. NO_SPACE, IO.
   */
  receive(
    id: string,
    stream: AsyncIterable<Uint8Array>,
    options?: { readonly base?: string | undefined },
    signal?: CancelSignal,
  ): Promise<Layer>;
  /** What is half received. It is no layer to any other call but `remove`, which gives it up. */
  pendingReceives(): readonly PendingReceive[];
  /**
   * The metadata of the pool as they are at one moment, as XML that `dmthin metadata restore` and thin_restore take.
   * @throws DmError as `sharing`.
   */
  metadataBackup(signal?: CancelSignal): AsyncIterable<Uint8Array>;
  /**
   * Compares the pool, its devices, mounts, loop devices and files with the records. `repair` mends what can be mended
   * without losing or guessing anything; each finding says what that is.
   */
  check(options?: { readonly repair?: boolean | undefined }): Promise<readonly Finding[]>;
  /**
   * Grows the pool to these sizes, online: its files, where it has some; else it takes what the devices below it have grown
   * to, up to their ends. Without sizes it only takes that.
   * @throws DmError INVALID_ARGUMENT: smaller than it is, or than what is below it. NOT_SUPPORTED: LVM's pool, which LVM
   * grows.
   */
  resizePool(sizes: { readonly data?: Bytes | undefined; readonly metadata?: Bytes | undefined }): Promise<void>;
  /**
   * Takes up those of the `dm.*` options that may change while the driver is open: `dm.min_free_space`, and `dm.mountopt`
   * and `dm.xfs_nospace_max_retries` for what is mounted from now on. Gives the names of the others that differ.
   * @throws DmError INVALID_ARGUMENT: an option that there is not, or a value that is none; then nothing changes.
   */
  reload(storageOptions: readonly string[]): readonly string[];
  /** Unmounts and deactivates everything, removes a pool of its own, and gives the root back. Also `Symbol.asyncDispose`. */
  close(): Promise<void>;
  /** Gives the root back and leaves mounts, devices and pool as they are, for the next who opens it. */
  release(): Promise<void>;
}
