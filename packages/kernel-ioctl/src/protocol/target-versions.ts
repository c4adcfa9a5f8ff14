import type { Version } from './dm-ioctl-header.ts';
import { align8, StructView, terminated } from './struct-view.ts';

const AT = { next: 0, version: 4, name: 16 } as const;

/** One `struct dm_target_versions`. */
export interface TargetVersionEntry {
  readonly name: string;
  readonly version: Version;
}

/** What `listVersions` and `targetVersion` answer. */
export function encodeTargetVersions(entries: readonly TargetVersionEntry[]): Uint8Array {
  const sizes = entries.map(({ name }) => align8(AT.name + terminated(name, 'target type').length));
  const payload = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(payload.buffer);
  let offset = 0;
  for (const [index, { name, version }] of entries.entries()) {
    const size = sizes[index] ?? 0;
    view.setUint32(offset + AT.next, index === entries.length - 1 ? 0 : size, true);
    for (const [part, value] of version.entries()) view.setUint32(offset + AT.version + 4 * part, value, true);
    payload.set(terminated(name, 'target type'), offset + AT.name);
    offset += size;
  }
  return payload;
}

/** What lies behind the last entry is the caller's own (dm-kernel.md 1.6). @throws DmError CORRUPT. */
export function decodeTargetVersions(payload: Uint8Array): readonly TargetVersionEntry[] {
  const view = new StructView(payload, 'dm_target_versions');
  const entries: TargetVersionEntry[] = [];
  if (payload.length === 0) return entries;
  let offset = 0;
  for (;;) {
    const next = view.u32(offset + AT.next);
    const name = view.text(offset + AT.name);
    const at = offset + AT.version;
    entries.push({ name: name.value, version: [view.u32(at), view.u32(at + 4), view.u32(at + 8)] });
    if (next === 0) return entries;
    if (offset + next < name.end) throw view.corrupt(`the entry at ${offset} says it is ${next} bytes long`);
    offset += next;
  }
}
