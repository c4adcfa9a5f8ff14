import { PROBE_LENGTH, type ProbedFilesystem, probeFilesystem } from '@dmthin/domain';
import type { BlockHandle } from '@dmthin/ports';

const SECTOR = 512;

/** What is on an open device, by its magic; undefined where nothing known is. */
export function probeDevice(handle: Pick<BlockHandle, 'size' | 'read'>): ProbedFilesystem | undefined {
  return probeFilesystem(handle.read(0, Math.min(Math.ceil(PROBE_LENGTH / SECTOR) * SECTOR, handle.size)));
}
