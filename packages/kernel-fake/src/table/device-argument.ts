import type { DeviceNumber } from '@dmthin/domain';
import { Refusal } from '../errno/refusal.ts';

// MINORBITS of the kernel's dev_t (linux/kdev_t.h): 12 bits of major, 20 of minor.
const MAX_MAJOR = 4095;
const MAX_MINOR = 0xf_ff_ff;

/**
 * The block device that a table means by `text` (dm_get_device): exactly `major:minor`, else a path, else what the boot
 * parameter `root=` would take (name_to_dev_t), which has some odd forms.
 * @throws Refusal EOVERFLOW: numbers that no device can have. ENODEV: it means no device.
 */
export function deviceOfArgument(text: string, resolve: (path: string) => DeviceNumber | undefined): DeviceNumber {
  const exact = /^(\d+):(\d+)$/u.exec(text);
  if (exact !== null) {
    const number = deviceOf(exact[1], exact[2]);
    if (number === undefined) throw new Refusal('EOVERFLOW', `${text} is beyond the device numbers`);
    return number;
  }
  const number = resolve(text) ?? bootDevice(text);
  if (number === undefined) throw new Refusal('ENODEV', `${text} is no block device`);
  return number;
}

/** `major:minor:offset` with anything behind but `:` and more, or an encoded device number in hexadecimal; 0 is none. */
function bootDevice(text: string): DeviceNumber | undefined {
  if (text.startsWith('/dev/')) return undefined;
  const withOffset = /^(\d+):(\d+):\d+(?!\d|:.)/u.exec(text);
  if (withOffset !== null) return deviceOf(withOffset[1], withOffset[2]);
  const hexadecimal = /^(?:0x)?([0-9a-f]+)$/iu.exec(text);
  if (hexadecimal === null) return undefined;
  const number = decodeDevice(Number(BigInt(`0x${hexadecimal[1]}`) & 0xffff_ffffn));
  return number.major === 0 && number.minor === 0 ? undefined : number;
}

function deviceOf(majorDigits = '', minorDigits = ''): DeviceNumber | undefined {
  const major = Number(BigInt(majorDigits) & 0xffff_ffffn);
  const minor = Number(BigInt(minorDigits) & 0xffff_ffffn);
  return major > MAX_MAJOR || minor > MAX_MINOR ? undefined : { major, minor };
}

/** new_decode_dev (linux/kdev_t.h). */
export function decodeDevice(code: number): DeviceNumber {
  return { major: (code >>> 8) & 0xfff, minor: (code & 0xff) | ((code >>> 12) & 0xf_ff_00) };
}

/** new_encode_dev (linux/kdev_t.h); as 32 bits unsigned. */
export function encodeDevice({ major, minor }: DeviceNumber): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}
