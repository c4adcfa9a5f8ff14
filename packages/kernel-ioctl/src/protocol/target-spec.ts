import { sectors, type Table, type TargetLine } from '@dmthin/domain';
import { align8, StructView, terminated } from './struct-view.ts';

/** `sizeof(struct dm_target_spec)`; its parameters follow it. */
const SPEC_SIZE = 40;
const TYPE_SIZE = 16; // DM_MAX_TYPE_NAME
const AT = { start: 0, length: 8, status: 16, next: 20, type: 24 } as const;

/**
 * From where a spec's `next` counts: in a load from that spec itself, in a status reply from the first spec
 * (dm-kernel.md 1.7).
 */
export type SpecChain = 'load' | 'status';

/**
 * The payload of a load, or of a status reply, which also gives the last spec a `next`.
 * @throws DmError INVALID_ARGUMENT: a type of over 15 bytes, a NUL.
 */
export function encodeTargetSpecs(table: Table, chain: SpecChain): Uint8Array {
  const specs = table.map((line) => ({ line, params: terminated(line.params, 'target parameters') }));
  const sizes = specs.map(({ params }) => align8(SPEC_SIZE + params.length));
  const payload = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(payload.buffer);
  let offset = 0;
  for (const [index, { line, params }] of specs.entries()) {
    const size = sizes[index] ?? 0;
    const isLast = index === specs.length - 1;
    view.setBigUint64(offset + AT.start, line.start, true);
    view.setBigUint64(offset + AT.length, line.length, true);
    view.setUint32(offset + AT.next, chain === 'status' ? offset + size : isLast ? 0 : size, true);
    payload.set(terminated(line.type, 'target type', TYPE_SIZE), offset + AT.type);
    payload.set(params, offset + SPEC_SIZE);
    offset += size;
  }
  return payload;
}

/** @throws DmError CORRUPT: fewer than `count` whole specs, a `next` that leads astray, parameters without end. */
export function decodeTargetSpecs(payload: Uint8Array, count: number, chain: SpecChain): Table {
  const view = new StructView(payload, 'dm_target_spec');
  const table: TargetLine[] = [];
  let offset = 0;
  while (table.length < count) {
    view.need(offset, SPEC_SIZE);
    const params = view.text(offset + SPEC_SIZE);
    table.push({
      start: sectors(view.u64(offset + AT.start)),
      length: sectors(view.u64(offset + AT.length)),
      type: view.field(offset + AT.type, TYPE_SIZE),
      params: params.value,
    });
    const next = (chain === 'load' ? offset : 0) + view.u32(offset + AT.next);
    if (table.length < count && next < params.end)
      throw view.corrupt(`spec ${table.length} at ${offset} says that the next begins at ${next}`);
    offset = next;
  }
  return table;
}
