import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DmError, type FilesystemType, type VolumeId, volumeMountWords } from '@dmthin/domain';
import { orUndo } from '@dmthin/engine';
import type { BaseContext } from '../snapshot-context.ts';

/** Mounts a volume's filesystem in a place of our own while `work` is done with it. Its device is live. */
export async function whileMounted(
  { ports, settings }: BaseContext,
  volume: VolumeId,
  { device, type }: { readonly device: string; readonly type: FilesystemType },
  work: (target: string) => Promise<void> = async () => {},
): Promise<void> {
  const target = join(settings.mountDirectory, volume);
  await mkdir(target, { recursive: true, mode: 0o700 });
  const options = volumeMountWords(type, settings.mountOptions);
  await ports.mounts.mount({ source: device, target, type, options });
  const unmount = (): Promise<void> => ports.mounts.unmount(target);
  await orUndo(work(target), unmount);
  await unmount();
  await rmdir(target);
}

/** Unmounts what a process that died in between left mounted; gives what could not be. */
export async function unmountLeft({ ports, settings }: BaseContext): Promise<readonly string[]> {
  const findings: string[] = [];
  for (const { target } of await ports.mounts.list()) {
    if (!target.startsWith(`${settings.mountDirectory}/`)) continue;
    try {
      await ports.mounts.unmount(target);
      await rmdir(target);
    } catch (error) {
      findings.push(`${target} stays mounted: ${DmError.is(error) ? error.message : String(error)}`);
    }
  }
  return findings;
}
