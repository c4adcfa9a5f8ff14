import type { Btree } from '../btree/btree.ts';
import { destroyTree } from '../btree/destroy.ts';
import { eachRun, type ValueType } from '../btree/value-type.ts';
import type { Block } from '../format/block.ts';
import { DETAILS_SIZE } from '../format/device-details.ts';
import { dataBlockAt, MAPPING_SIZE } from '../format/mapping.ts';
import { ADDRESS_SIZE, addressAt, valueOffset } from '../format/node.ts';
import type { DataSpaceMap } from '../space-map/data-space-map.ts';
import type { TransactionManager } from '../transaction/transaction-manager.ts';

/** The kinds of tree a pool has (__setup_btree_details). */
export interface PoolTrees {
  /** Thin id to the root of its mappings. */
  readonly top: Btree;
  /** A thin device's mappings: its block to a data block and the time it was mapped. */
  readonly mappings: Btree;
  /** Thin id to its details. */
  readonly details: Btree;
}

/** Without a data space map the trees can only be read. */
export function poolTrees(transaction: TransactionManager, data?: DataSpaceMap): PoolTrees {
  const mappings: Btree = { transaction, type: data === undefined ? { size: MAPPING_SIZE } : mappingType(data) };
  return {
    top: { transaction, type: rootType(transaction, mappings) },
    mappings,
    details: { transaction, type: { size: DETAILS_SIZE } },
  };
}

/** Values that each refer to a data block. */
function mappingType(data: DataSpaceMap): ValueType {
  return {
    size: MAPPING_SIZE,
    addReferences: (leaf, count) => eachRun(leaf, 0, count, dataBlockOf, (begin, end) => data.increment(begin, end)),
    dropReferences: (leaf, first, count) =>
      eachRun(leaf, first, count, dataBlockOf, (begin, end) => data.decrement(begin, end)),
    refersToSame: (leaf, index, [low = 0, high = 0]) => dataBlockOf(leaf, index) === high * 256 + (low >>> 24),
  };
}

/** Values that are roots of mapping trees: dropping the last reference to one drops the tree. */
function rootType(transaction: TransactionManager, mappings: Btree): ValueType {
  return {
    size: ADDRESS_SIZE,
    addReferences: (leaf, count) => {
      for (let index = 0; index < count; index++) {
        const root = addressAt(leaf, index);
        transaction.space.increment(root, root + 1);
      }
    },
    dropReferences: (leaf, first, count) => {
      for (let index = first; index < first + count; index++) destroyTree(mappings, addressAt(leaf, index));
    },
    refersToSame: (leaf, index, [low = 0, high = 0]) => addressAt(leaf, index) === high * 0x1_0000_0000 + low,
  };
}

function dataBlockOf(leaf: Block, index: number): number {
  return dataBlockAt(leaf.view, valueOffset(leaf, index));
}
