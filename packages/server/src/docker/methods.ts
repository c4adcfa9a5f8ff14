import { DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import type { ChangeKind, GraphDriver } from 'dmthin';
import type { Sent } from './mounts/given-mounts.ts';
import {
  type GetRequest,
  type Reader,
  readCompare,
  readCreate,
  readGet,
  readInit,
  readLayer,
  readNothing,
} from './requests.ts';
import type { ServedDriver } from './served-driver.ts';

/** Of one call. */
export interface Client {
  /** Fires when it has gone away. */
  readonly signal: CancelSignal;
  readonly sent: Sent;
}

/** Answers a request that was understood, with the members of Docker's response. */
export type Answer = (served: ServedDriver, client: Client) => Promise<object>;

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
    '/GraphDriver.Remove': onServed(readLayer, async (served, { id }) => {
      await served.mounts.remove(await served.driver(), id);
      return {};
    }),
    '/GraphDriver.Get': onServed(orAgain(readGet), async (served, request, { sent }) => {
      const driver = await served.driver();
      const { id, label } = request ?? again('get', served);
      return { Dir: await served.mounts.get(driver, id, label, sent) };
    }),
    '/GraphDriver.Put': onServed(orAgain(readLayer), async (served, request, { sent }) => {
      const driver = await served.driver();
      await served.mounts.put(driver, (request ?? again('put', served)).id, sent);
      return {};
    }),
    '/GraphDriver.Exists': onDriver(readLayer, async (driver, { id }) => ({ Exists: driver.exists(id) })),
    '/GraphDriver.Status': onDriver(readNothing, async (driver) => ({ Status: (await driver.status()).rows })),
    '/GraphDriver.GetMetadata': onDriver(readLayer, async (driver, { id }) => ({ Metadata: driver.metadata(id) })),
    '/GraphDriver.Cleanup': onServed(readNothing, async (served) => {
      await served.cleanUp();
      return {};
    }),
    '/GraphDriver.Changes': onDriver(readCompare, async (driver, { id, parent }, { signal }) => ({
      Changes: (await driver.changes(id, parent, signal)).map(({ path, kind }) => ({ Path: path, Kind: KINDS[kind] })),
    })),
    '/GraphDriver.DiffSize': onDriver(readCompare, async (driver, { id, parent }, { signal }) => ({
      Size: Number(await driver.diffSize(id, parent, signal)),
    })),
  }),
);

/** Understands a body, or none: of a call that is made again. */
function orAgain<Request>(read: Reader<Request>): Reader<Request | undefined> {
  return (body) => (body === undefined ? undefined : read(body));
}

/** @throws DmError INVALID_ARGUMENT: no call had no answer, or several. */
function again(call: 'get' | 'put', { mounts }: ServedDriver): GetRequest {
  const id = mounts.unanswered(call);
  if (id !== undefined) return { id, label: undefined };
  throw new DmError('INVALID_ARGUMENT', `malformed request: a ${call} without a body`, {
    remedy: 'dockerd makes a call again without its body where it had no answer; do again what failed.',
  });
}

function onServed<Request>(
  read: Reader<Request>,
  answer: (served: ServedDriver, request: Request, client: Client) => Promise<object>,
): Method {
  return (body) => {
    const request = read(body);
    return (served, client) => answer(served, request, client);
  };
}

function onDriver<Request>(
  read: Reader<Request>,
  answer: (driver: GraphDriver, request: Request, client: Client) => Promise<object>,
): Method {
  return onServed(read, async (served, request, client) => answer(await served.driver(), request, client));
}
