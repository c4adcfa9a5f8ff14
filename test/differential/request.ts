import { DmError } from '@dmthin/domain';
import { type DmIoctlHeader, decodeHeader, decodeTargetSpecs } from '@dmthin/kernel-ioctl';
import type { IoctlCall } from '../trace/call.ts';
import type { SceneLine } from './scene.ts';

/** The header that a call gives. */
export function headerOf(call: IoctlCall): DmIoctlHeader {
  return decodeHeader(bufferOf(call));
}

/** The lines of a load, as far as they can be read. */
export function linesOf(call: IoctlCall): readonly SceneLine[] {
  const buffer = bufferOf(call);
  const { dataStart, targetCount } = decodeHeader(buffer);
  const lines: SceneLine[] = [];
  for (let count = Math.min(targetCount, 64); count > 0 && lines.length === 0; count--)
    try {
      lines.push(...decodeTargetSpecs(buffer.subarray(dataStart), count, 'load'));
    } catch (failure) {
      if (!DmError.is(failure)) throw failure;
    }
  return lines;
}

function bufferOf({ size, given }: IoctlCall): Uint8Array {
  const buffer = new Uint8Array(size);
  buffer.set(given.subarray(0, size));
  return buffer;
}
