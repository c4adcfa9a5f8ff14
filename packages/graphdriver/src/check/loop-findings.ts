import { bytes } from '@dmthin/domain';
import type { LoopDevice } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import type { Found } from './finding.ts';

/** Loop devices over files of this root on which its pool does not stand. */
export async function loopFindings({ ports, layout, source }: DriverContext): Promise<readonly Found[]> {
  const { loopDevices } = ports;
  const used = [source.backing?.data.path, source.backing?.metadata.path];
  const loops = (await loopDevices.list()).filter(
    ({ file, path }) => (file === layout.dataFile || file === layout.metadataFile) && !used.includes(path),
  );
  return loops.map((loop: LoopDevice) => ({
    kind: 'unused-loop',
    subject: loop.path,
    what: `${loop.path} is attached to ${loop.file}, and the pool of this root does not stand on it`,
    cause: 'A start was cut off before its pool was made, or the root had a pool over files once.',
    holds: bytes(0),
    remedy: `losetup -d ${loop.path}; what is in the file stays.`,
    repair: { what: 'detach it; what is in the file stays', run: () => loopDevices.detach(loop) },
  }));
}
