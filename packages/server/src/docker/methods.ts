import type { CancelSignal } from '@dmthin/ports';
import type { ChangeKind, GraphDriver } from 'dmthin';
import { type Reader, readCompare, readCreate, readGet, readInit, readLayer, readNothing } from './requests.ts';
import type { ServedDriver } from './served-driver.ts';

/** Answers a request that was understood, with the members of Docker's response. */
export type Answer = (served: ServedDriver, signal: CancelSignal) => Promise<object>;

/** Understands the body of a request. @throws DmError INVALID_ARGUMENT. */
export type Method = (body: unknown) => Answer;

const KINDS: Readonly<Record<ChangeKind, number>> = { modify: 0, add: 1, delete: 2 };

const create = onDriver(readCreate, async (driver, { id, ...options }) => {
  await driver.create(id, options);
  return {};
});

/**
 * The methods of Docker's graph driver protocol that take JSON and answer with JSON (docker-devicemapper.md 11.5), by
 * the path they are posted to. What only reads ends when the client goes away; what changes something is carried out.
 */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    '/Plugin.Activate': onServed(readNothing, async () => ({ Implements: ['GraphDriver'] })),
    '/GraphDriver.Init': onServed(readInit, async (served, initialization) => {
      await served.initialize(initialization);
      return {};
    }),
    // Only who gives back a tar as it came, bit by bit, reproduces diffs: dockerd keeps tar-split's records.
    '/GraphDriver.Capabilities': onServed(readNothing, async () => ({ Capabilities: { ReproducesExactDiffs: false } })),
    '/GraphDriver.Create': create,
    '/GraphDriver.CreateReadWrite': create,
    '/GraphDriver.Remove': onDriver(readLayer, async (driver, { id }) => {
      await driver.remove(id);
      return {};
    }),
    '/GraphDriver.Get': onDriver(readGet, async (driver, { id, label }) => ({
      Dir: await driver.mount(id, label === undefined ? {} : { label }),
    })),
    '/GraphDriver.Put': onDriver(readLayer, async (driver, { id }) => {
      await driver.unmount(id);
      return {};
    }),
    '/GraphDriver.Exists': onDriver(readLayer, async (driver, { id }) => ({ Exists: driver.exists(id) })),
    '/GraphDriver.Status': onDriver(readNothing, async (driver) => ({ Status: (await driver.status()).rows })),
    '/GraphDriver.GetMetadata': onDriver(readLayer, async (driver, { id }) => ({ Metadata: driver.metadata(id) })),
    '/GraphDriver.Cleanup': onServed(readNothing, async (served) => {
      await served.cleanUp();
      return {};
    }),
    '/GraphDriver.Changes': onDriver(readCompare, async (driver, { id, parent }, signal) => ({
      Changes: (await driver.changes(id, parent, signal)).map(({ path, kind }) => ({ Path: path, Kind: KINDS[kind] })),
    })),
    '/GraphDriver.DiffSize': onDriver(readCompare, async (driver, { id, parent }, signal) => ({
      Size: Number(await driver.diffSize(id, parent, signal)),
    })),
  }),
);

function onServed<Request>(
  read: Reader<Request>,
  answer: (served: ServedDriver, request: Request) => Promise<object>,
): Method {
  return (body) => {
    const request = read(body);
    return (served) => answer(served, request);
  };
}

function onDriver<Request>(
  read: Reader<Request>,
  answer: (driver: GraphDriver, request: Request, signal: CancelSignal) => Promise<object>,
): Method {
  return (body) => {
    const request = read(body);
    return async (served, signal) => answer(await served.driver(), request, signal);
  };
}
