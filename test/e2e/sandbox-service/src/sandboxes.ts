import { randomUUID } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { DmError, type GraphDriver } from 'dmthin';

/** A running copy of the image, with a directory of its own. */
export interface Sandbox {
  readonly id: string;
  readonly directory: string;
}

const IMAGE = 'image';

/**
 * Keeps one image and forks a sandbox of it for each request. It knows `GraphDriver` and nothing of kernels: which one
 * is under it, its container says.
 */
export class Sandboxes {
  readonly #driver: GraphDriver;

  constructor(driver: GraphDriver) {
    this.#driver = driver;
  }

  /** Makes the image from a directory, unless it is there. */
  async prepareImage(content: string): Promise<void> {
    if (this.#driver.exists(IMAGE)) return;
    const draft = `draft-${randomUUID()}`;
    await this.#driver.create(draft);
    await this.#whileMounted(draft, (directory) => cp(content, directory, { recursive: true }));
    // Only a whole draft becomes the image, so that one which was cut off is never forked.
    await this.#driver.create(IMAGE, { parent: draft });
    await this.#driver.remove(draft);
  }

  /** Forks the image (or a template that was committed). Nothing of it is left where that fails. */
  async fork(template: string = IMAGE): Promise<Sandbox> {
    const id = `sandbox-${randomUUID()}`;
    await this.#driver.create(id, { parent: template });
    try {
      return { id, directory: await this.#driver.mount(id) };
    } catch (error) {
      await this.#driver.remove(id);
      throw error;
    }
  }

  /** Keeps what a sandbox is now as a template for others. */
  async commit(sandbox: Sandbox, template: string): Promise<void> {
    await this.#driver.create(template, { parent: sandbox.id });
  }

  async discard(sandbox: Sandbox): Promise<void> {
    await this.#driver.unmount(sandbox.id);
    await this.#driver.remove(sandbox.id);
  }

  /** After a restart: removes the sandboxes and drafts nobody asks for any more; resolves to how many there were. */
  async cleanUp(): Promise<number> {
    const abandoned = this.#driver.layers().filter(({ id }) => /^(?:sandbox|draft)-/u.test(id));
    for (const { id, mountPath } of abandoned) {
      if (mountPath !== undefined) await this.#driver.unmount(id);
      await this.#driver.remove(id);
    }
    return abandoned.length;
  }

  async #whileMounted(id: string, work: (directory: string) => Promise<void>): Promise<void> {
    const directory = await this.#driver.mount(id);
    try {
      await work(directory);
    } finally {
      await this.#driver.unmount(id);
    }
  }
}

/** Whether a fork failed because the pool is full, so that the service may answer "try later". */
export const isFull = (error: unknown): boolean => DmError.is(error, 'NO_SPACE');
