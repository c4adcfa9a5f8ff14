import { DmError, formatDeviceNumber } from '@dmthin/domain';
import {
  type CommandName,
  type DmIoctlHeader,
  decodeHeader,
  decodeNameList,
  decodeTargetDeps,
  decodeTargetMessage,
  decodeTargetSpecs,
  decodeTargetVersions,
  decodeText,
  flagNames,
  HEADER_MIN,
  payloadOf,
} from '@dmthin/kernel-ioctl';

/** A name and what it holds. */
export type Field = readonly [name: string, value: string];

type Direction = 'in' | 'out';
type Decode = (payload: Uint8Array, header: DmIoctlHeader) => readonly string[];

const specs =
  (chain: 'load' | 'status'): Decode =>
  (payload, { targetCount }) =>
    decodeTargetSpecs(payload, targetCount, chain).map(
      ({ start, length, type, params }) => `${start} ${length} ${type} ${JSON.stringify(params)}`,
    );
const text: Decode = (payload) => [JSON.stringify(decodeText(payload))];
const versions: Decode = (payload) =>
  decodeTargetVersions(payload).map(({ name, version }) => `${name} ${version.join('.')}`);

const PAYLOADS: Readonly<Record<Direction, Partial<Record<CommandName, Decode>>>> = {
  in: {
    load: specs('load'),
    rename: text,
    setGeometry: text,
    message: (payload) => {
      const { sector, text: words } = decodeTargetMessage(payload);
      return [`${sector} ${JSON.stringify(words)}`];
    },
  },
  out: {
    message: text,
    listVersions: versions,
    targetVersion: versions,
    tableStatus: specs('status'),
    wait: specs('status'),
    deps: (payload) => decodeTargetDeps(payload).map((device) => formatDeviceNumber(device)),
    listDevices: (payload) =>
      decodeNameList(payload).map(
        ({ device, name, eventNumber, uuid }) =>
          `${formatDeviceNumber(device)} ${JSON.stringify(name)} event ${eventNumber} uuid ${JSON.stringify(uuid)}`,
      ),
  },
};

/** The fields of a struct dm_ioctl and its payload, to be read by people. */
export function showBuffer(
  command: CommandName | undefined,
  buffer: Uint8Array,
  direction: Direction,
): readonly Field[] {
  if (buffer.length < HEADER_MIN) return [['bytes', Buffer.from(buffer).toString('hex')]];
  const header = decodeHeader(buffer);
  return [
    ['version', header.version.join('.')],
    ['data_size', `${header.dataSize}`],
    ['data_start', `${header.dataStart}`],
    ['target_count', `${header.targetCount}`],
    ['open_count', `${header.openCount}`],
    ['flags', flagNames(header.flags).join(' ') || '-'],
    ['event_nr', `${header.eventNumber}`],
    ['dev', formatDeviceNumber(header.device)],
    ['name', JSON.stringify(header.name)],
    ['uuid', JSON.stringify(header.uuid)],
    ...showPayload(command, header, buffer, direction),
  ];
}

function showPayload(
  command: CommandName | undefined,
  header: DmIoctlHeader,
  buffer: Uint8Array,
  direction: Direction,
): readonly Field[] {
  const decode = command === undefined ? undefined : PAYLOADS[direction][command];
  if (decode === undefined) return [];
  try {
    const payload = payloadOf(header, buffer);
    if (payload.length === 0) return [];
    return decode(payload, header).map((line, index) => [`payload ${index + 1}`, line]);
  } catch (failure) {
    if (!DmError.is(failure)) throw failure;
    return [['payload', failure.message]];
  }
}
