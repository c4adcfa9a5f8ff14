import type { StoredMapping } from '../pool/mapping-tree.ts';
import type { PoolReader, ThinEntry } from '../read/pool-reader.ts';

/** The pool as thin_dump 0.9 prints it, line by line, each with its line end. @throws DmError CORRUPT, IO. */
export function* dumpXml(pool: PoolReader): Generator<string> {
  const { superblock } = pool;
  yield element('<superblock', {
    uuid: String.fromCharCode(...superblock.uuid.filter((byte) => byte !== 0)),
    time: superblock.time,
    transaction: superblock.transactionId,
    flags: superblock.flags,
    version: superblock.version,
    data_block_size: superblock.dataBlockSize,
    nr_data_blocks: superblock.dataSpaceMap.blocks,
  });
  for (const thin of pool.thinDevices()) yield* dumpThin(pool, thin);
  yield '</superblock>\n';
}

function* dumpThin(pool: PoolReader, thin: ThinEntry): Generator<string> {
  yield element('  <device', {
    dev_id: thin.id,
    mapped_blocks: thin.mappedBlocks,
    transaction: thin.transactionId,
    creation_time: thin.creationTime,
    snap_time: thin.snapshottedTime,
  });
  let run: { readonly first: StoredMapping; length: number } | undefined;
  for (const mapping of pool.mappings(thin.id)) {
    if (run !== undefined && continues(run.first, run.length, mapping)) run.length++;
    else {
      if (run !== undefined) yield dumpRun(run.first, run.length);
      run = { first: mapping, length: 1 };
    }
  }
  if (run !== undefined) yield dumpRun(run.first, run.length);
  yield '  </device>\n';
}

function continues(first: StoredMapping, length: number, next: StoredMapping): boolean {
  return next.block === first.block + length && next.dataBlock === first.dataBlock + length && next.time === first.time;
}

function dumpRun({ block, dataBlock, time }: StoredMapping, length: number): string {
  return length === 1
    ? `    <single_mapping origin_block="${block}" data_block="${dataBlock}" time="${time}"/>\n`
    : `    <range_mapping origin_begin="${block}" data_begin="${dataBlock}" length="${length}" time="${time}"/>\n`;
}

function element(name: string, attributes: Readonly<Record<string, string | number | bigint>>): string {
  const words = Object.entries(attributes).map(([key, value]) => `${key}="${value}"`);
  return `${[name, ...words].join(' ')}>\n`;
}
