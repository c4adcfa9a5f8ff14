import {
  decodeHeader,
  decodeTargetMessage,
  decodeTargetSpecs,
  decodeText,
  FLAG,
  HEADER_MIN,
} from '@dmthin/kernel-ioctl';
import type { Call, IoCall, IoctlCall, TraceDisk } from '../trace/call.ts';
import { commandName } from '../trace/command-names.ts';
import { showCall } from '../trace/show-difference.ts';

/** A shell script that does with dmsetup what the calls do, as far as it can; the rest stands in comments. */
export function dmsetupScript(disks: readonly TraceDisk[], calls: readonly Call[]): string {
  const loops = disks
    .filter(({ sectors }) => sectors > 0)
    .map(
      ({ path, sectors }) =>
        `truncate -s ${sectors * 512} disk${path.slice(9)} && losetup ${path} disk${path.slice(9)}`,
    );
  return ['#!/bin/sh', ...loops, ...calls.map((call) => lineOf(call)), ''].join('\n');
}

function lineOf(call: Call): string {
  if (call.op === 'sleep') return `sleep ${call.ms / 1000}`;
  return (call.op === 'ioctl' ? commandOf(call) : accessOf(call)) ?? `# ${showCall(call)}`;
}

function accessOf({ op, dev, offset, length, seed = 0 }: IoCall): string {
  const node = `/dev/block/${dev}`;
  if (op === 'discard') return `blkdiscard -o ${offset} -l ${length} ${node}`;
  const range = op === 'read' ? `skip=${offset} count=${length}` : `seek=${offset} conv=fsync,notrunc`;
  const bytes = `bs=64K iflag=skip_bytes,count_bytes oflag=seek_bytes`;
  if (op === 'read') return `blockdev --flushbufs ${node}; dd if=${node} ${bytes} ${range} | sha256sum`;
  const source = `perl -e 'print map { chr((${seed} * 131 + $_ * 7 + ($_ >> 8)) & 255) } 0..${length - 1}'`;
  return `${source} | dd of=${node} ${bytes} ${range}`;
}

type Words = (flags: number, payload: Uint8Array, targets: number) => readonly string[] | undefined;

const has = (flags: number, bit: number, option: string): readonly string[] => ((flags & bit) === 0 ? [] : [option]);
const asking = (flags: number) => [
  ...has(flags, FLAG.queryInactive, '--inactive'),
  ...has(flags, FLAG.noFlush, '--noflush'),
];

const WORDS: Readonly<Record<string, Words>> = {
  removeAll: (flags) => ['remove_all', ...has(flags, FLAG.deferredRemove, '--deferred')],
  listDevices: () => ['ls'],
  create: () => ['create', 'NAME', '--notable'],
  remove: (flags) => ['remove', 'NAME', ...has(flags, FLAG.deferredRemove, '--deferred')],
  rename: (flags, payload) => ['rename', 'NAME', ...has(flags, FLAG.uuid, '--setuuid'), quote(decodeText(payload))],
  suspend: (flags) => [
    (flags & FLAG.suspend) === 0 ? 'resume' : 'suspend',
    'NAME',
    ...has(flags, FLAG.noFlush, '--noflush'),
    ...has(flags, FLAG.skipLockfs, '--nolockfs'),
  ],
  status: () => ['info', 'NAME'],
  tableStatus: (flags) => [(flags & FLAG.statusTable) === 0 ? 'status' : 'table', 'NAME', ...asking(flags)],
  load: (flags, payload, targets) => {
    const lines = decodeTargetSpecs(payload, targets, 'load').map(
      (line) => `${line.start} ${line.length} ${line.type} ${line.params}`,
    );
    return ['load', 'NAME', ...has(flags, FLAG.readOnly, '--readonly'), '--table', quote(lines.join('\n'))];
  },
  clear: () => ['clear', 'NAME'],
  deps: (flags) => ['deps', 'NAME', ...has(flags, FLAG.queryInactive, '--inactive')],
  listVersions: () => ['targets'],
  message: (_, payload) => {
    const { sector, text } = decodeTargetMessage(payload);
    return ['message', 'NAME', `${sector}`, quote(text)];
  },
};

function commandOf({ nr, size, given }: IoctlCall): string | undefined {
  const words = WORDS[commandName(nr) ?? ''];
  if (words === undefined || size < HEADER_MIN) return undefined;
  const buffer = new Uint8Array(size);
  buffer.set(given.subarray(0, size));
  const { flags, name, uuid, device, dataStart, targetCount } = decodeHeader(buffer);
  const isCreate = commandName(nr) === 'create';
  const subject =
    name !== '' ? quote(name) : uuid !== '' ? `--uuid ${quote(uuid)}` : `-j ${device.major} -m ${device.minor}`;
  try {
    const line = words(flags, buffer.subarray(dataStart), targetCount)?.map((word) =>
      word === 'NAME' ? subject : word,
    );
    return line && ['dmsetup', ...line, ...(isCreate && uuid !== '' ? ['--uuid', quote(uuid)] : [])].join(' ');
  } catch {
    // A payload that dmsetup cannot make.
    return undefined;
  }
}

function quote(text: string): string {
  return /^[\w.:/-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
