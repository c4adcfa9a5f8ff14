import { type DeviceName, parseThinPoolTarget, type Sectors, type ThinPoolTarget, thinPoolTable } from '@dmthin/domain';
import { during, orUndo } from '@dmthin/engine';
import type { Kernel } from '@dmthin/ports';

/** What a pool's table says, and how much of its data device it covers. */
export type PoolTable = ThinPoolTarget & { readonly size: Sectors };

/**
 * Loads a changed table into a live pool and resumes it, with everything on it in use. Where that fails the pool goes on
 * as it was, and is not left suspended (docker-devicemapper.md 12.1, defect 28).
 */
export async function reloadPool(
  kernel: Kernel,
  name: DeviceName,
  attempted: string,
  change: (table: PoolTable) => PoolTable,
): Promise<void> {
  const [target] = await kernel.table(name);
  const present = { ...parseThinPoolTarget(target?.params ?? ''), size: target?.length ?? (0n as Sectors) };
  const table = thinPoolTable(change(present));
  const reloaded = kernel.sequence([
    { command: 'load', device: name, table },
    { command: 'resume', device: name },
  ]);
  await orUndo(during(attempted, reloaded), () =>
    kernel.sequence([
      { command: 'clear', device: name },
      { command: 'resume', device: name },
    ]),
  );
}

/**
 * Has a live pool zero each new block that a write does not fill, from now on. Docker's pools do not, which shows nobody
 * anything as long as all access goes through a file system (docker-devicemapper.md 12.1, defect 25).
 */
export async function zeroNewBlocks(kernel: Kernel, name: DeviceName): Promise<void> {
  const [target] = await kernel.table(name);
  const { features } = parseThinPoolTarget(target?.params ?? '');
  if (!features.includes('skip_block_zeroing')) return;
  await reloadPool(kernel, name, `have the pool "${name}" zero its blocks`, (table) => ({
    ...table,
    features: features.filter((feature) => feature !== 'skip_block_zeroing'),
  }));
}
