import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';

/** What curl, which knows nothing of us, gets from a plugin's socket. */
export class Curl {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** The members of an answer; that of a call that must succeed, unless it is asked for by `refusal`. */
  async call(method: string, body: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.#json(`GraphDriver.${method}`, Buffer.from(JSON.stringify(body)));
    if (typeof answer['Err'] === 'string') throw new Error(`${method}: ${answer['Err']}`);
    return answer;
  }

  /** The tar of a Diff. */
  async diff(id: string, parent = ''): Promise<Buffer> {
    return this.#post('GraphDriver.Diff', Buffer.from(JSON.stringify({ ID: id, Parent: parent })));
  }

  /** Gives the size that the plugin answers. */
  async applyDiff(id: string, parent: string, tar: Uint8Array): Promise<number> {
    const answer = await this.#json(`GraphDriver.ApplyDiff?id=${id}&parent=${parent}`, tar);
    if (typeof answer['Size'] !== 'number') throw new Error(JSON.stringify(answer));
    return answer['Size'];
  }

  async #json(path: string, body: Uint8Array): Promise<Readonly<Record<string, unknown>>> {
    return JSON.parse((await this.#post(path, body)).toString()) as Readonly<Record<string, unknown>>;
  }

  async #post(path: string, body: Uint8Array): Promise<Buffer> {
    const words = [
      '--silent',
      '--show-error',
      '--fail-with-body',
      '--unix-socket',
      this.#socket,
      '--data-binary',
      '@-',
    ];
    const curl = spawn('curl', [...words, `http://plugin/${path}`], { stdio: ['pipe', 'pipe', 'inherit'] });
    curl.stdin.end(body);
    const [answer, status] = await Promise.all([
      buffer(curl.stdout),
      new Promise<number | null>((resolve) => curl.once('close', resolve)),
    ]);
    if (status !== 0) throw new Error(`curl ended with ${status}: ${answer.toString()}`);
    return answer;
  }
}
