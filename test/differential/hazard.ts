import { COMMAND, FLAG, HEADER_MIN } from '@dmthin/kernel-ioctl';
import type { Call, IoCall, IoctlCall } from '../trace/call.ts';
import { headerOf, linesOf } from './request.ts';
import type { Scene, SceneDevice } from './scene.ts';
import { below, hasTarget, isStalled, poolsOf, reachedFrom, tablesOf } from './stack.ts';

/**
 * Why a call must not be made to a real kernel in this scene: it would wait for ever, or worse (dm-kernel.md 8.3 and
 * 8.4). undefined: it may be made.
 */
export async function hazardOf(call: Call, scene: Scene): Promise<string | undefined> {
  if (call.op === 'sleep') return isFrozen(scene) ? 'a pool would commit to a suspended device' : undefined;
  if (call.op !== 'ioctl') return hazardOfIo(call, scene);
  if (call.size < HEADER_MIN) return undefined;
  const device = await scene.target(call);
  if (isFrozen(scene) && !isHarmless(call, device)) return 'a pool stands on a suspended device';
  const check = CHECKS[call.nr];
  return check?.(call, scene, device);
}

type Check = (
  call: IoctlCall,
  scene: Scene,
  device: SceneDevice | undefined,
) => string | undefined | Promise<string | undefined>;

const CHECKS: Readonly<Record<number, Check>> = {
  [COMMAND.removeAll]: (_, scene) =>
    scene.devices.some(({ isDeferredRemove }) => isDeferredRemove)
      ? 'it races with the worker that removes'
      : undefined,
  [COMMAND.suspend]: (call, scene, device) => {
    if (device === undefined) return undefined;
    return (headerOf(call).flags & FLAG.suspend) === 0 ? hazardOfResume(scene, device) : hazardOfSuspend(scene, device);
  },
  [COMMAND.load]: (call, scene, device) => (device === undefined ? undefined : hazardOfLoad(call, scene, device)),
  [COMMAND.tableStatus]: (call, scene, device) =>
    device === undefined ? undefined : hazardOfStatus(call, scene, device),
  [COMMAND.message]: (call, scene) =>
    asksForCounters(call) && scene.devices.some(({ isDeferredRemove }) => isDeferredRemove)
      ? 'a pool may commit while the worker is given its time'
      : undefined,
  [COMMAND.wait]: (call, scene, device) => {
    if (device === undefined) return undefined;
    if (headerOf(call).eventNumber === device.eventNumber) return 'it waits for an event';
    return hazardOfStatus(call, scene, device);
  },
};

/** What is counted of a commit is not compared (arbitrary/stats.ts). */
function asksForCounters(call: IoctlCall): boolean {
  return /@stats_print/iu.test(Buffer.from(call.given).toString('latin1'));
}

/** A pool whose devices are suspended: whatever makes it read, write or commit its metadata waits for them. */
function isFrozen(scene: Scene): boolean {
  return poolsOf(scene).some(({ metadata, data }) => isStalled(scene, [metadata, data]));
}

const ASKING: ReadonlySet<number> = new Set([
  COMMAND.version,
  COMMAND.listDevices,
  COMMAND.status,
  COMMAND.deps,
  COMMAND.listVersions,
  COMMAND.targetVersion,
  COMMAND.armPoll,
]);

function isHarmless(call: IoctlCall, device: SceneDevice | undefined): boolean {
  if (ASKING.has(call.nr)) return true;
  const concernsPool = device !== undefined && tablesOf(device).some((table) => hasTarget(table, 'thin', 'thin-pool'));
  return (
    call.nr === COMMAND.suspend && (headerOf(call).flags & FLAG.suspend) === 0 && device !== undefined && !concernsPool
  );
}

function hazardOfSuspend(scene: Scene, device: SceneDevice): string | undefined {
  if (device.isInternallySuspended && !device.isSuspended) return 'it waits for the pool to be resumed';
  return suspendsItsOwn(scene, device) ? 'a pool would suspend what it stands on' : undefined;
}

/** A pool that is suspended suspends the devices of all thin tables on it, those with an inactive one too. */
function suspendsItsOwn(scene: Scene, { number, live }: SceneDevice): boolean {
  if (!hasTarget(live, 'thin-pool')) return false;
  return [...below(scene, [number])].some((lower) => {
    const device = scene.at(lower);
    return (
      device !== undefined &&
      tablesOf(device).some((table) => hasTarget(table, 'thin') && table.devices.includes(number))
    );
  });
}

function hazardOfResume(scene: Scene, device: SceneDevice): string | undefined {
  const { number, inactive, live, isSuspended, isInternallySuspended, openCount } = device;
  if (isInternallySuspended && (isSuspended || inactive !== undefined)) return 'it waits for the pool to be resumed';
  if (inactive === undefined) return undefined;
  if (below(scene, inactive.devices).has(number)) return 'it would stand on itself';
  if (suspendsItsOwn(scene, device)) return 'a pool would suspend what it stands on';
  if (hasTarget(live, 'thin-pool') && !hasTarget(inactive, 'thin-pool') && openCount > 0)
    return 'a pool in use would lose its table';
  return undefined;
}

/** A commit that finds the metadata full changes the mode of a pool, which has no table yet. */
async function hazardOfStatus(call: IoctlCall, scene: Scene, device: SceneDevice): Promise<string | undefined> {
  const flags = headerOf(call).flags;
  const commits = (flags & (FLAG.noFlush | FLAG.statusTable)) === 0;
  if (!commits || (flags & FLAG.queryInactive) === 0) return undefined;
  if (!hasTarget(device.inactive, 'thin-pool') || hasTarget(device.live, 'thin-pool')) return undefined;
  return / (\d+)\/\1 /u.test(await scene.inactiveStatus(device.number)) ? 'a full pool without a table' : undefined;
}

function hazardOfLoad(call: IoctlCall, scene: Scene, device: SceneDevice): string | undefined {
  for (const { type, params } of linesOf(call)) {
    const named = devicesIn(scene, params);
    const closure = below(scene, named, true);
    if (type === 'thin' && isOriginOfItself(scene, params)) return 'an external origin on the same thin id';
    if (type !== 'thin-pool') continue;
    const [metadata, data] = params.trim().split(/\s+/u);
    if (metadata === data) continue;
    if (closure.has(device.number)) return 'a pool on itself';
    if (isStalled(scene, named)) return 'a pool on a suspended device';
    if (sharesMetadata(scene, device, named)) return 'metadata that something else writes to';
  }
  return undefined;
}

/** The metadata's disks have to be its own, but where the kernel sees that they are not: the very same device twice. */
function sharesMetadata(scene: Scene, device: SceneDevice, [metadata = '', data = '']: readonly string[]): boolean {
  const others = poolsOf(scene).filter(({ pool, metadata: other }) => pool !== device.number || other !== metadata);
  const ours = disksBelow(scene, [metadata]);
  if (overlap(ours, disksBelow(scene, [data]))) return true;
  const isTaken = others.some(({ metadata: other }) => other === metadata);
  if (
    !isTaken &&
    overlap(
      ours,
      disksBelow(
        scene,
        others.flatMap((pool) => [pool.metadata, pool.data]),
      ),
    )
  )
    return true;
  return overlap(
    disksBelow(scene, [data]),
    disksBelow(
      scene,
      poolsOf(scene).map((pool) => pool.metadata),
    ),
  );
}

function isOriginOfItself(scene: Scene, params: string): boolean {
  const [pool = '', id = '', origin] = params.split(' ');
  if (origin === undefined) return false;
  const [poolNumber = ''] = devicesIn(scene, pool);
  return [...below(scene, devicesIn(scene, origin), true)].some((number) => {
    const device = scene.at(number);
    return (
      device !== undefined &&
      tablesOf(device).some(({ lines }) =>
        lines.some(
          ({ type, params: theirs }) =>
            type === 'thin' &&
            (theirs === 'Fail' || (theirs.startsWith(`${poolNumber} `) && theirs.split(' ')[1] === `${Number(id)}`)),
        ),
      )
    );
  });
}

function hazardOfIo(call: IoCall, scene: Scene): string | undefined {
  if (isStalled(scene, [call.dev])) return 'it waits for a suspended device';
  if (isFrozen(scene)) return 'a pool stands on a suspended device';
  const metadata = disksBelow(
    scene,
    poolsOf(scene).map((pool) => pool.metadata),
  );
  return overlap(reachedFrom(scene, call.dev), metadata) ? "a pool's metadata" : undefined;
}

function disksBelow(scene: Scene, numbers: readonly string[]): ReadonlySet<string> {
  return new Set([...below(scene, numbers, true)].filter((number) => scene.at(number) === undefined));
}

function overlap(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].some((number) => other.has(number));
}

/** The devices that words may mean, also in the kernel's odd spellings (dm-kernel.md 8.4). */
function devicesIn(scene: Scene, params: string): readonly string[] {
  return params.split(/\s+/u).flatMap((word) => {
    const path = /^\/dev\/(loop|dm-)(\d+)$/u.exec(word);
    if (path !== null) return [`${path[1] === 'loop' ? 7 : scene.major}:${path[2]}`];
    const pair = /^(\d+):(\d+)/u.exec(word);
    if (pair !== null) return [`${Number(pair[1])}:${Number(pair[2])}`];
    const hex = /^(?:0x)?([0-9a-f]{1,5})$/iu.exec(word);
    if (hex === null) return [];
    const code = Number.parseInt(hex[1] ?? '', 16);
    const number = `${code >> 8}:${code & 0xff}`;
    return number.startsWith('7:') || scene.at(number) !== undefined ? [number] : [];
  });
}
