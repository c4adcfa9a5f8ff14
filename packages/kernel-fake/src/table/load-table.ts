import type { DeviceNumber } from '@dmthin/domain';
import type { BlockNode } from '../block/block-node.ts';
import type { MappedDevice } from '../device/mapped-device.ts';
import { Refusal } from '../errno/refusal.ts';
import type { PoolTable } from '../pool/pool-table.ts';
import type { OpenMode, TableBuild, TargetSpec, TargetType } from '../target/target.ts';
import { deviceOfArgument } from './device-argument.ts';
import { DmTable } from './dm-table.ts';
import { splitWords } from './words.ts';

/** LLONG_MAX >> SECTOR_SHIFT: the largest device, in sectors. */
const MAX_SECTORS = (1n << 54n) - 1n;
const U64_MAX = (1n << 64n) - 1n;

/** Where a table finds what its lines name. */
export interface TableWorld {
  readonly pools: PoolTable;
  targetType(name: string): TargetType | undefined;
  /** A path's device. */
  resolve(path: string): DeviceNumber | undefined;
  block(number: DeviceNumber): BlockNode | undefined;
}

/**
 * Builds a table from its lines, in the order of checks of dm-kernel.md 2.3. `specs` may throw a refusal itself where a
 * line cannot be read. A table that fails closes what it opened.
 * @throws Refusal EINVAL: a line no target accepts. Whatever a constructor gives.
 */
export function buildTable(
  world: TableWorld,
  device: MappedDevice,
  specs: Iterable<TargetSpec>,
  isReadOnly: boolean,
): DmTable {
  const table = new DmTable(isReadOnly, device.opens);
  const build: TableBuild = {
    device,
    isReadOnly,
    pools: world.pools,
    open: (text, mode = isReadOnly ? 'r' : 'rw') => openDevice(world, table, text, mode),
  };
  try {
    for (const spec of specs) addLine(world, table, spec, build);
    if (table.lines.length === 0) throw new Refusal('EINVAL', 'populate_table: no targets specified');
    refuseToReplace(device.live, table);
    if (!device.isRegistered) table.checkAreas();
    return table;
  } catch (failure) {
    table.destroy();
    throw failure;
  }
}

function addLine(world: TableWorld, table: DmTable, spec: TargetSpec, build: TableBuild): void {
  const [first] = table.lines;
  const { start, length } = spec;
  if (first?.target.type.isSingleton === true)
    throw new Refusal('EINVAL', `target type ${first.target.type.name} must appear alone in table`);
  if (length === 0n) throw new Refusal('EINVAL', 'zero-length target');
  if (start + length > U64_MAX || start + length > MAX_SECTORS) throw new Refusal('EINVAL', 'too large device');
  const type = world.targetType(spec.type);
  if (type === undefined) throw new Refusal('EINVAL', `${spec.type}: unknown target type`);
  if (type.isSingleton === true && first !== undefined)
    throw new Refusal('EINVAL', `${type.name}: singleton target type must appear alone in table`);
  if (type.isAlwaysWriteable === true && table.isReadOnly)
    throw new Refusal('EINVAL', `${type.name}: target type may not be included in a read-only table`);
  if (type.isImmutable === true && first !== undefined)
    throw new Refusal('EINVAL', `${type.name}: immutable target type cannot be mixed with other target types`);
  if (start !== table.size) throw new Refusal('EINVAL', `${type.name}: Gap in table`);
  table.append(spec, type.create(spec, splitWords(spec.params), build));
}

function openDevice(world: TableWorld, table: DmTable, text: string, mode: OpenMode): BlockNode {
  const number = deviceOfArgument(text, (path) => world.resolve(path));
  const node = world.block(number);
  if (node === undefined) throw new Refusal('ENXIO', `there is no block device ${text}`);
  table.open(node, mode);
  return node;
}

/** A live thin-pool gives way only to a thin-pool, or to an error target (dm-kernel.md 2.3, rule 3). */
function refuseToReplace(live: DmTable | undefined, table: DmTable): void {
  const immutable = live?.immutableType;
  if (immutable !== undefined && immutable !== table.immutableType && !table.hasWildcard)
    throw new Refusal('EINVAL', `can't replace immutable target type ${immutable.name}`);
}
