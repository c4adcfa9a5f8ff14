import { DmError, type Sectors, sectors } from '@dmthin/domain';
import { StructView, terminated } from './struct-view.ts';

const MESSAGE_AT = 8; // offsetof(struct dm_target_msg, message)

/** `struct dm_target_msg`: a message for the target that covers `sector`. */
export interface TargetMessage {
  readonly sector: Sectors;
  readonly text: string;
}

/** @throws DmError INVALID_ARGUMENT: a NUL in the text. */
export function encodeTargetMessage({ sector, text }: TargetMessage): Uint8Array {
  const bytes = terminated(text, 'message');
  const payload = new Uint8Array(MESSAGE_AT + bytes.length);
  new DataView(payload.buffer).setBigUint64(0, sector, true);
  payload.set(bytes, MESSAGE_AT);
  return payload;
}

/** @throws DmError CORRUPT: cut short. */
export function decodeTargetMessage(payload: Uint8Array): TargetMessage {
  const view = new StructView(payload, 'dm_target_msg');
  return { sector: sectors(view.u64(0)), text: view.text(MESSAGE_AT).value };
}

/** The bare text that a rename takes (a name or a uuid), and that a message answers with. */
export function encodeText(text: string): Uint8Array {
  return terminated(text, 'text');
}

/** @throws DmError CORRUPT: it does not end. */
export function decodeText(payload: Uint8Array): string {
  return new StructView(payload, 'text').text(0).value;
}

/** A disk geometry, as `setGeometry` takes it. */
export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
  readonly start: bigint;
}

export function encodeGeometry({ cylinders, heads, sectors, start }: Geometry): Uint8Array {
  return encodeText(`${cylinders} ${heads} ${sectors} ${start}`);
}

/** @throws DmError CORRUPT: not four numbers. */
export function decodeGeometry(payload: Uint8Array): Geometry {
  const text = decodeText(payload);
  const words = /^(\d+) (\d+) (\d+) (\d+)$/u.exec(text);
  if (words === null) throw new DmError('CORRUPT', `device-mapper: malformed geometry ${JSON.stringify(text)}`);
  const [cylinders, heads, sectorCount] = words.slice(1, 4).map(Number) as [number, number, number];
  return { cylinders, heads, sectors: sectorCount, start: BigInt(words[4] ?? 0) };
}
