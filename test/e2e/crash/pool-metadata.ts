import { basename } from 'node:path';
import type { BlockStore } from '@dmthin/ports';
import { checkMetadata, type MetadataDevice, readPool } from '@dmthin/thin-metadata';
import type { CrashMachine } from './crash-machine.ts';

const BLOCK = 4096;

/** What is wrong with the pool as it is on its disk, with its thin devices against the records, and with what is live. */
export async function poolFaults(machine: CrashMachine): Promise<readonly string[]> {
  const device = metadataDevice(machine.metadata);
  const there = [...readPool(device).thinDevices()].map(({ id }) => Number(id));
  const recorded = await recordedIds(machine);
  return [
    ...(await machine.stuckDevices()).map((name) => `device ${name} cannot be used`),
    ...checkMetadata(device).map(({ place, finding }) => `${place}: ${finding}`),
    ...(new Set(recorded).size === recorded.length ? [] : ['two records have one thin id']),
    ...there.filter((id) => !recorded.includes(id)).map((id) => `thin device ${id} is nobody's`),
    ...recorded.filter((id) => !there.includes(id)).map((id) => `thin device ${id} is lost`),
  ];
}

/** The thin ids of Docker's records: of the base and of every layer. */
async function recordedIds({ root, records }: CrashMachine): Promise<number[]> {
  const ids: number[] = [];
  for (const { path } of await records.list(`${root}/metadata`)) {
    if (['transaction-metadata', 'deviceset-metadata'].includes(basename(String(path)))) continue;
    ids.push((JSON.parse(records.textOf(String(path)) ?? '') as { readonly device_id: number }).device_id);
  }
  return ids;
}

function metadataDevice(store: BlockStore): MetadataDevice {
  return {
    nrBlocks: store.size / BLOCK,
    read: (block) => store.read(block * BLOCK, BLOCK),
    write: (block, bytes) => store.write(block * BLOCK, bytes),
    flush: () => store.flush(),
  };
}
