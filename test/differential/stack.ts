import type { Scene, SceneDevice, SceneTable } from './scene.ts';

/** All devices that I/O to these can come to, themselves included, through live tables; through the inactive too where asked. */
export function below(scene: Scene, numbers: readonly string[], withInactive = false): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [...numbers];
  for (let number = queue.pop(); number !== undefined; number = queue.pop()) {
    if (found.has(number)) continue;
    found.add(number);
    const device = scene.at(number);
    queue.push(...(device?.live?.devices ?? []), ...((withInactive ? device?.inactive?.devices : undefined) ?? []));
  }
  return found;
}

/** The devices whose content I/O to this one can read or change: a pool hands nothing down to its metadata. */
export function reachedFrom(scene: Scene, number: string): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [number];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    const live = scene.at(next)?.live;
    const [pool] = live?.lines.filter(({ type }) => type === 'thin-pool') ?? [];
    queue.push(...(pool === undefined ? (live?.devices ?? []) : pool.params.split(' ').slice(1, 2)));
  }
  return found;
}

/** Whether I/O to these would have to wait. */
export function isStalled(scene: Scene, numbers: readonly string[]): boolean {
  return [...below(scene, numbers)].some((number) => {
    const device = scene.at(number);
    return device !== undefined && (device.isSuspended || device.isInternallySuspended);
  });
}

export function tablesOf({ live, inactive }: SceneDevice): readonly SceneTable[] {
  return [live, inactive].filter((table) => table !== undefined);
}

export function hasTarget(table: SceneTable | undefined, ...types: readonly string[]): boolean {
  return table?.lines.some(({ type }) => types.includes(type)) === true;
}

/** What a pool stands on: `metadata` and `data` as its table names them. */
export interface PoolDevices {
  readonly pool: string;
  readonly metadata: string;
  readonly data: string;
}

export function poolsOf(scene: Scene): readonly PoolDevices[] {
  return scene.devices.flatMap((device) =>
    tablesOf(device)
      .flatMap(({ lines }) => lines)
      .filter(({ type }) => type === 'thin-pool')
      .map(({ params }) => {
        const [metadata = '', data = ''] = params.split(' ');
        return { pool: device.number, metadata, data };
      }),
  );
}
