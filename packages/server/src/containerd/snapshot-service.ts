import { once } from 'node:events';
import { create, type DescMethod, type MessageShape } from '@bufbuild/protobuf';
import { DmError } from '@dmthin/domain';
import type { Log } from '@dmthin/ports';
import type { ServerUnaryCall, ServerWritableStream, sendUnaryData, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Snapshotter } from 'dmthin';
import type { ObserveCall } from '../metrics/call-metrics.ts';
import {
  type ListSnapshotsRequestSchema,
  type ListSnapshotsResponse,
  ListSnapshotsResponseSchema,
  Snapshots,
} from './generated/snapshots_pb.ts';
import { grpcError, isOrdinary } from './grpc-status.ts';
import { infoMessage } from './snapshot-messages.ts';
import { unaryMethods } from './snapshot-methods.ts';

type ListRequest = MessageShape<typeof ListSnapshotsRequestSchema>;
type ListCall = ServerWritableStream<ListRequest, ListSnapshotsResponse>;
/** What a call may be that is not known further. */
type AnyCall = ServerUnaryCall<unknown, unknown> | ListCall;

/** As many infos as containerd's own service sends at once. */
const BATCH = 100;

/** The service as gRPC's server takes it: each call is carried out, told of, and answered with the error's status. */
export function snapshotService(
  snapshotter: Snapshotter,
  log: Log,
  observe: ObserveCall,
): UntypedServiceImplementation {
  const toldOf = async <T>(
    method: DescMethod,
    call: AnyCall,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const gone = new AbortController();
    call.once('cancelled', () => gone.abort(new DmError('ABORTED', 'containerd waits for it no longer')));
    const begun = performance.now();
    const tell = (outcome: 'ok' | 'failed'): void => observe(method.name, outcome, (performance.now() - begun) / 1000);
    try {
      const answer = await work(gone.signal);
      tell('ok');
      return answer;
    } catch (error) {
      const { details } = grpcError(error);
      log.write(isOrdinary(error) ? 'debug' : 'warn', `${method.name} failed: ${details}`);
      tell('failed');
      throw grpcError(error);
    }
  };
  const methods: Record<string, (request: never, signal: AbortSignal) => Promise<object>> = unaryMethods(snapshotter);
  const unary = Snapshots.methods.flatMap((method) => {
    const carryOut = methods[method.localName];
    if (carryOut === undefined) return [];
    const handle = (call: ServerUnaryCall<never, unknown>, callback: sendUnaryData<unknown>): void => {
      toldOf(method, call, (signal) => carryOut(call.request, signal)).then(
        (answer) => callback(null, create(method.output, { ...answer })),
        (error) => callback(error),
      );
    };
    return [[method.localName, handle] as const];
  });
  const list = (call: ListCall): void => {
    toldOf(Snapshots.method.list, call, (signal) => sendList(snapshotter, call, signal)).then(
      () => call.end(),
      (error) => call.emit('error', error),
    );
  };
  return { ...Object.fromEntries(unary), list };
}

/** No faster than it is read: a client that never reads costs one batch. */
async function sendList(snapshotter: Snapshotter, call: ListCall, signal: AbortSignal): Promise<void> {
  const infos = snapshotter.list(call.request.filters);
  for (let at = 0; at < infos.length; at += BATCH) {
    const info = infos.slice(at, at + BATCH).map(infoMessage);
    if (!call.write(create(ListSnapshotsResponseSchema, { info }))) await once(call, 'drain', { signal });
  }
}
