import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type DmthinServer, openServer, type ServerOptions } from '@dmthin/server';
import { type Place, temporaryPlace } from './place.ts';

/** As small as the formats allow. */
export const SMALL = ['dm.basesize=64M', 'dm.loopdatasize=256M', 'dm.loopmetadatasize=8M'] as const;

export interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** dockerd's side of a plugin's socket: node:http, and nothing of the server's. */
export class PluginClient {
  readonly socket: string;

  constructor(socket: string) {
    this.socket = socket;
  }

  /** Posts `body` as dockerd does: one line of JSON and no content type. */
  async call(method: string, body: object = {}): Promise<Answered> {
    return this.post(`/${method}`, `${JSON.stringify(body)}\n`);
  }

  /** The members of the answer to a call that must succeed. */
  async ask(method: string, body: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const { status, body: answer } = await this.call(method, body);
    if (status !== 200 || answer['Err'] !== undefined) throw new Error(`${method}: ${status} ${String(answer['Err'])}`);
    return answer;
  }

  /** What a call that must fail says, with status 200. */
  async refusal(method: string, body: object = {}): Promise<string> {
    const { status, body: answer } = await this.call(method, body);
    if (status !== 200 || typeof answer['Err'] !== 'string') throw new Error(`${method}: ${status}, not refused`);
    return answer['Err'];
  }

  async post(path: string, body: string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Answered> {
    const response = await this.send(path, body);
    return { status: response.statusCode ?? 0, body: (await json(response)) as Answered['body'] };
  }

  /** The tar of a `Diff` that must succeed. */
  async diff(body: object): Promise<Buffer> {
    const response = await this.send('/GraphDriver.Diff', JSON.stringify(body));
    const content = await buffer(response);
    if (response.statusCode !== 200) throw new Error(`Diff: ${response.statusCode} ${content.toString()}`);
    return content;
  }

  /** Sends all of a body, as it is read by the other side, and gives the answer's head. */
  async send(
    path: string,
    body: string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    method = 'POST',
  ): Promise<IncomingMessage> {
    const outgoing = request({ socketPath: this.socket, path, method, agent: false });
    const response = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    if (typeof body === 'string') outgoing.end(body);
    // What keeps the body from being sent whole may have been answered all the same.
    else pipeline(Readable.from(body), outgoing).catch(() => undefined);
    return (await response)[0];
  }
}

/** Of the server, where they are not the test's own. */
export type PluginOptions = Partial<Omit<ServerOptions, 'dockerPlugin'>>;

/** A server on the fake kernel, and its client. */
export class Plugin implements AsyncDisposable {
  readonly #place: Place;
  readonly #options: PluginOptions;
  readonly home: string;
  readonly socket: string;
  readonly client: PluginClient;
  #server: DmthinServer | undefined;

  private constructor(place: Place, options: PluginOptions) {
    this.#place = place;
    this.#options = options;
    this.home = join(place.path, 'docker', 'dmthin');
    this.socket = join(place.path, 'plugins', 'dmthin.sock');
    this.client = new PluginClient(this.socket);
  }

  static async start(options: PluginOptions = {}): Promise<Plugin> {
    const place = await temporaryPlace();
    try {
      const plugin = new Plugin(place, options);
      await plugin.startServer();
      return plugin;
    } catch (error) {
      await place[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Started, initialised, and with a layer. */
  static async withLayer(id: string): Promise<Plugin> {
    const plugin = await Plugin.start();
    try {
      await plugin.initialize();
      await plugin.client.ask('GraphDriver.Create', { ID: id });
      return plugin;
    } catch (error) {
      await plugin[Symbol.asyncDispose]();
      throw error;
    }
  }

  async startServer(): Promise<void> {
    this.#server = await openServer({
      dockerPlugin: this.socket,
      kernel: 'fake',
      storageOptions: SMALL,
      log: { write: () => undefined },
      ...this.#options,
    });
  }

  get server(): DmthinServer {
    if (this.#server === undefined) throw new Error('the server is not started');
    return this.#server;
  }

  async stopServer(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** As dockerd does at its start, with its nulls. */
  async initialize(options: readonly string[] | null = null): Promise<void> {
    await this.client.ask('GraphDriver.Init', { Home: this.home, Opts: options, UIDMaps: null, GIDMaps: null });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopServer();
    await this.#place[Symbol.asyncDispose]();
  }
}
