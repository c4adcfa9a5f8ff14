import { type DeviceNumber, decodeDevice, encodeDevice } from '@dmthin/domain';
import { align8, StructView, terminated } from './struct-view.ts';

const AT = { device: 0, next: 8, name: 12 } as const;
/** The two words behind a name, 8-aligned: event number and flags (driver 4.37). */
const TAIL_SIZE = 8;
const HAS_UUID = 1; // DM_NAME_LIST_FLAG_HAS_UUID
const HAS_NO_UUID = 2; // DM_NAME_LIST_FLAG_DOESNT_HAVE_UUID

/** One `struct dm_name_list`. */
export interface NameListEntry {
  readonly device: DeviceNumber;
  readonly name: string;
  readonly eventNumber: number;
  /** Empty: the device has none. Undefined: the list was asked for without uuids. */
  readonly uuid: string | undefined;
}

/** What `listDevices` answers: nothing at all where there are no devices. */
export function encodeNameList(entries: readonly NameListEntry[]): Uint8Array {
  const encoded = entries.map((entry) => encodeEntry(entry));
  const payload = new Uint8Array(encoded.reduce((sum, entry) => sum + entry.length, 0));
  let offset = 0;
  for (const [index, entry] of encoded.entries()) {
    payload.set(entry, offset);
    const next = index === encoded.length - 1 ? 0 : entry.length;
    new DataView(payload.buffer).setUint32(offset + AT.next, next, true);
    offset += entry.length;
  }
  return payload;
}

/** @throws DmError CORRUPT: an entry that is cut short, or whose `next` leads astray. */
export function decodeNameList(payload: Uint8Array): readonly NameListEntry[] {
  const view = new StructView(payload, 'dm_name_list');
  const entries: NameListEntry[] = [];
  if (payload.length === 0 || view.u64(AT.device) === 0n) return entries;
  let offset = 0;
  for (;;) {
    const next = view.u32(offset + AT.next);
    const name = view.text(offset + AT.name);
    const end = next === 0 ? view.length : offset + next;
    if (end < name.end || end > view.length) throw view.corrupt(`the entry at ${offset} says it ends at ${end}`);
    entries.push({
      device: decodeDevice(view.u64(offset + AT.device)),
      name: name.value,
      ...decodeTail(view, align8(name.end), end),
    });
    if (next === 0) return entries;
    offset = end;
  }
}

function encodeEntry({ device, name, eventNumber, uuid }: NameListEntry): Uint8Array {
  const nameBytes = terminated(name, 'device name');
  const uuidBytes = uuid === undefined || uuid === '' ? new Uint8Array(0) : terminated(uuid, 'device uuid');
  const tail = align8(AT.name + nameBytes.length);
  const entry = new Uint8Array(align8(tail + TAIL_SIZE + uuidBytes.length));
  const view = new DataView(entry.buffer);
  view.setBigUint64(AT.device, encodeDevice(device), true);
  entry.set(nameBytes, AT.name);
  view.setUint32(tail, eventNumber, true);
  view.setUint32(tail + 4, uuid === undefined ? 0 : uuid === '' ? HAS_NO_UUID : HAS_UUID, true);
  entry.set(uuidBytes, tail + TAIL_SIZE);
  return entry;
}

/** Drivers older than 4.36 put nothing behind the name. */
function decodeTail(view: StructView, tail: number, end: number): Pick<NameListEntry, 'eventNumber' | 'uuid'> {
  if (tail + TAIL_SIZE > end) return { eventNumber: 0, uuid: undefined };
  const flags = view.u32(tail + 4);
  const uuid = (flags & HAS_UUID) !== 0 ? view.text(tail + TAIL_SIZE).value : flags === HAS_NO_UUID ? '' : undefined;
  return { eventNumber: view.u32(tail), uuid };
}
