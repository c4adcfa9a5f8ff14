import { create, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import type { Info, ListSnapshotsResponse, Mount, Snapshots } from '#src/containerd/generated/snapshots_pb';
import { Snapshots as service } from '#src/containerd/generated/snapshots_pb';
import { serviceDefinition } from '#src/containerd/service-definition';

type Methods = (typeof Snapshots)['method'];
type Labels = Record<string, string>;

/** containerd's side of the socket. */
export class SnapshotsClient {
  readonly #client: Client;
  readonly #definition = serviceDefinition(service);

  constructor(socket: string) {
    this.#client = new Client(`unix:${socket}`, credentials.createInsecure());
  }

  /** Calls a method that answers once. @throws ServiceError. */
  call<Name extends Exclude<keyof Methods, 'list'>>(
    name: Name,
    request: MessageInitShape<Methods[Name]['input']>,
    deadlineMs = 15_000,
  ): Promise<MessageShape<Methods[Name]['output']>> {
    const method = this.#definition[name];
    if (method === undefined) throw new Error(`no method ${name}`);
    const message = create(service.method[name].input, request as object);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        message,
        { deadline: Date.now() + deadlineMs },
        (error, answer) => (error === null ? resolve(answer as never) : reject(error)),
      );
    });
  }

  /** What `List` streams, message by message. */
  async batches(filters: string[] = []): Promise<ListSnapshotsResponse[]> {
    const method = this.#definition['list'];
    if (method === undefined) throw new Error('no method list');
    const request = create(service.method.list.input, { filters });
    const { path, requestSerialize, responseDeserialize } = method;
    return this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request).toArray();
  }

  async list(...filters: string[]): Promise<Info[]> {
    return (await this.batches(filters)).flatMap(({ info }) => info);
  }

  async names(...filters: string[]): Promise<string[]> {
    return (await this.list(...filters)).map(({ name }) => name).sort();
  }

  async prepare(key: string, parent = '', labels: Labels = {}): Promise<Mount[]> {
    return (await this.call('prepare', { key, parent, labels })).mounts;
  }

  async view(key: string, parent = '', labels: Labels = {}): Promise<Mount[]> {
    return (await this.call('view', { key, parent, labels })).mounts;
  }

  async mounts(key: string): Promise<Mount[]> {
    return (await this.call('mounts', { key })).mounts;
  }

  async commit(name: string, key: string, labels: Labels = {}): Promise<void> {
    await this.call('commit', { name, key, labels });
  }

  async remove(key: string): Promise<void> {
    await this.call('remove', { key });
  }

  async stat(key: string): Promise<Info> {
    return infoOf(await this.call('stat', { key }));
  }

  /** The paths of a field mask are given, none for none. */
  async update(name: string, labels: Labels, ...paths: string[]): Promise<Info> {
    return infoOf(await this.call('update', { info: { name, labels }, updateMask: { paths } }));
  }

  async usage(key: string): Promise<number> {
    return Number((await this.call('usage', { key })).size);
  }

  async cleanup(): Promise<void> {
    await this.call('cleanup', {});
  }

  close(): void {
    this.#client.close();
  }
}

/** Name and text of the status that `call` is answered with. */
export async function refusal(call: Promise<unknown>): Promise<{ readonly code: string; readonly details: string }> {
  try {
    await call;
    return { code: 'OK', details: '' };
  } catch (error) {
    const { code, details } = error as ServiceError;
    return { code: status[code], details };
  }
}

export async function codeOf(call: Promise<unknown>): Promise<string> {
  return (await refusal(call)).code;
}

function infoOf({ info }: { readonly info?: Info | undefined }): Info {
  if (info === undefined) throw new Error('no info');
  return info;
}
