import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, DmError, devicePath, type FilesystemType } from '@dmthin/domain';
import type { Volume } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import { onEngine } from '../engine-fault.ts';
import { whileMounted } from '../mount/while-mounted.ts';
import { baseVolume } from '../snapshot/volume-names.ts';
import type { BaseContext } from '../snapshot-context.ts';

/**
 * The volume that snapshots without a parent are made from: one for each filesystem and size, formatted once. It counts
 * only when its filesystem is whole; one whose making was cut off is made anew.
 * @throws DmError NOT_SUPPORTED: no mkfs of it here. What the engine and the ports throw.
 */
export async function ensureBase(
  context: BaseContext,
  filesystem: FilesystemType,
  size: Bytes,
  signal?: CancelSignal,
): Promise<Volume> {
  const { pool } = context.ports;
  const id = baseVolume(filesystem, size);
  const attempted = `make the empty ${filesystem} of ${size} bytes`;
  return context.baseLocks.run(
    [id],
    async () => {
      const present = pool.find(id);
      if (present?.isInitialized === true && !present.isDeleted) return present;
      if (present !== undefined) await onEngine(attempted, pool.delete(id, { sync: true }, signal));
      try {
        return await onEngine(attempted, makeBase(context, await pool.create(id, size, signal), filesystem, signal));
      } catch (error) {
        await deleteUnfinished(context, id);
        throw error;
      }
    },
    signal,
  );
}

async function makeBase(
  context: BaseContext,
  { id }: Volume,
  type: FilesystemType,
  signal: CancelSignal | undefined,
): Promise<Volume> {
  const { pool, filesystems } = context.ports;
  const device = devicePath(await pool.activate(id, {}, signal));
  await filesystems.make(device, { type, arguments: context.settings.mkfsArguments }, signal);
  // No image has it, and what containerd compares would show it.
  await whileMounted(context, id, { device, type }, (target) => removeDirectory(join(target, 'lost+found')));
  await pool.deactivate(id);
  await pool.markInitialized(id);
  return pool.get(id);
}

async function removeDirectory(path: string): Promise<void> {
  await rmdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Else it stands in the way of nobody: it is not initialized, and made anew. */
async function deleteUnfinished({ ports: { pool, log } }: BaseContext, id: Volume['id']): Promise<void> {
  await pool.delete(id, { sync: true }).catch((error: unknown) => {
    if (!DmError.is(error, 'NOT_FOUND')) log.write('warn', `the unfinished ${id} stays`, { error });
  });
}
