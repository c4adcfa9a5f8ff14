import type { ThinId } from '@dmthin/domain';
import type { PoolHeader, PoolSink } from '../content/pool-content.ts';
import type { MetadataDevice } from '../device/metadata-device.ts';
import { BLOCK_SIZE } from '../format/block.ts';
import { DETAILS_SIZE, type DeviceDetails, detailsWords } from '../format/device-details.ts';
import { MAPPING_SIZE, mappingHigh, mappingLow } from '../format/mapping.ts';
import { ADDRESS_SIZE } from '../format/node.ts';
import { seal } from '../format/seal.ts';
import { blankSuperblock, SUPERBLOCK_LOCATION, updateSuperblock } from '../format/superblock.ts';
import { setU64 } from '../format/u64.ts';
import type { ThinEntry } from '../read/pool-reader.ts';
import { MAX_METADATA_BLOCKS } from '../space-map/metadata-space-map.ts';
import { Tally } from '../space-map/tally.ts';
import { BlockSequence } from './block-sequence.ts';
import { ContentFault } from './content-fault.ts';
import { buildDataSpaceMap, buildMetadataSpaceMap } from './space-map-builder.ts';
import { TreeBuilder } from './tree-builder.ts';

/** What replaces what the content says of itself. */
export interface HeaderOverrides {
  readonly transactionId?: bigint | undefined;
  /** In sectors. */
  readonly dataBlockSize?: number | undefined;
  readonly dataBlocks?: number | undefined;
}

/** Thin ids and the times of mappings have 24 bits. */
const LIMIT_24_BITS = 2 ** 24;
const MAX_DATA_BLOCKS = 2 ** 40;

/**
 * Writes a pool's metadata from its content, each block once and in order; mappings have to come in ascending order. The
 * device holds no pool until the end: its superblock is cleared first and written last.
 */
export class PoolBuilder implements PoolSink {
  readonly #device: MetadataDevice;
  readonly #overrides: HeaderOverrides;
  readonly #blocks: BlockSequence;
  readonly #nrBlocks: number;
  readonly #counts = new Tally();
  readonly #devices = new Map<ThinId, BuiltDevice>();
  #header: PoolHeader | undefined;
  #thin: ThinEntry | undefined;
  #mappings: TreeBuilder | undefined;
  #mapped = 0;
  #next = 0;
  #isWhole = false;

  constructor(device: MetadataDevice, overrides: HeaderOverrides = {}) {
    this.#device = device;
    this.#overrides = overrides;
    this.#nrBlocks = Math.min(device.nrBlocks, MAX_METADATA_BLOCKS);
    this.#blocks = new BlockSequence(device, this.#nrBlocks);
    device.write(SUPERBLOCK_LOCATION, new Uint8Array(BLOCK_SIZE));
  }

  begin(header: PoolHeader): void {
    if (this.#header !== undefined) throw new ContentFault('there is a second superblock');
    const { transactionId, dataBlockSize, dataBlocks } = this.#overrides;
    this.#header = {
      ...header,
      transactionId: transactionId ?? header.transactionId,
      dataBlockSize: dataBlockSize ?? header.dataBlockSize,
      dataBlocks: dataBlocks ?? header.dataBlocks,
    };
    demandUsable(this.#header);
  }

  beginDevice(thin: ThinEntry): void {
    if (this.#header === undefined || this.#isWhole)
      throw new ContentFault(`thin device ${thin.id} is outside of a superblock`);
    if (this.#thin !== undefined) throw new ContentFault(`thin device ${thin.id} is inside of another`);
    if (thin.id >= LIMIT_24_BITS) throw new ContentFault(`thin id ${thin.id} does not fit 24 bits`);
    if (this.#devices.has(thin.id)) throw new ContentFault(`thin device ${thin.id} is there twice`);
    this.#thin = thin;
    this.#mappings = new TreeBuilder(this.#blocks, MAPPING_SIZE);
    this.#mapped = 0;
    this.#next = 0;
  }

  map(block: number, dataBlock: number, length: number, time: number): void {
    const mappings = this.#mappings;
    if (mappings === undefined) throw new ContentFault('there is a mapping outside of a device');
    this.#demandMappable(block, dataBlock, length, time);
    for (let index = 0; index < length; index++) {
      const at = mappings.add(block + index);
      const data = dataBlock + index;
      mappings.view.setUint32(at, mappingLow(data, time), true);
      mappings.view.setUint32(at + 4, mappingHigh(data), true);
      this.#counts.add(data);
    }
    this.#mapped += length;
    this.#next = block + length;
  }

  endDevice(): void {
    const thin = this.#thin;
    if (thin === undefined || this.#mappings === undefined) throw new ContentFault('a device ends that did not begin');
    const root = this.#mappings.finish();
    this.#devices.set(thin.id, { root, details: { ...thin, mappedBlocks: this.#mapped } });
    this.#thin = undefined;
    this.#mappings = undefined;
  }

  end(): void {
    const header = this.#header;
    if (header === undefined) throw new ContentFault('there is no superblock');
    if (this.#thin !== undefined) throw new ContentFault('a device does not end');
    const { mappingRoot, detailsRoot } = this.#buildDevices();
    const dataSpaceMap = buildDataSpaceMap(this.#blocks, header.dataBlocks, this.#counts);
    const metadataSpaceMap = buildMetadataSpaceMap(this.#blocks, this.#nrBlocks);
    const uuid = new TextEncoder().encode(header.uuid);
    const superblock = blankSuperblock(header.dataBlockSize, this.#nrBlocks, { uuid, version: header.version });
    updateSuperblock(superblock, {
      flags: 0,
      time: header.time,
      transactionId: header.transactionId,
      heldRoot: 0,
      dataSpaceMap,
      metadataSpaceMap,
      mappingRoot,
      detailsRoot,
    });
    seal(superblock);
    this.#device.flush();
    this.#device.write(SUPERBLOCK_LOCATION, superblock.bytes);
    this.#device.flush();
    this.#isWhole = true;
  }

  #buildDevices(): { readonly mappingRoot: number; readonly detailsRoot: number } {
    const top = new TreeBuilder(this.#blocks, ADDRESS_SIZE);
    const details = new TreeBuilder(this.#blocks, DETAILS_SIZE);
    for (const [id, device] of [...this.#devices].sort(([one], [other]) => one - other)) {
      const at = top.add(id);
      setU64(top.view, at, device.root);
      let offset = details.add(id);
      for (const word of detailsWords(device.details)) {
        details.view.setUint32(offset, word, true);
        offset += 4;
      }
    }
    return { mappingRoot: top.finish(), detailsRoot: details.finish() };
  }

  #demandMappable(block: number, dataBlock: number, length: number, time: number): void {
    const { dataBlocks } = this.#header as PoolHeader;
    if (block < this.#next)
      throw new ContentFault(`thin device ${this.#thin?.id}: block ${block} comes behind block ${this.#next - 1}`);
    if (!(dataBlock + length <= dataBlocks))
      throw new ContentFault(`data block ${dataBlock + length - 1} is beyond the end of the pool's ${dataBlocks}`);
    if (length < 1 || !Number.isSafeInteger(block + length))
      throw new ContentFault(`${length} blocks from ${block} on are no range`);
    if (time >= LIMIT_24_BITS) throw new ContentFault(`time ${time} does not fit 24 bits`);
  }
}

interface BuiltDevice {
  readonly root: number;
  readonly details: DeviceDetails;
}

function demandUsable({ dataBlockSize, dataBlocks }: PoolHeader): void {
  if (dataBlockSize < 128 || dataBlockSize > 2_097_152 || dataBlockSize % 128 !== 0)
    throw new ContentFault(`a data block size of ${dataBlockSize} sectors is not a multiple of 128 up to 2097152`);
  if (dataBlocks > MAX_DATA_BLOCKS) throw new ContentFault(`${dataBlocks} data blocks do not fit 40 bits`);
}
