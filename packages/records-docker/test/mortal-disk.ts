import type { Disk, DiskFile } from '@dmthin/records-docker';

/** A disk whose process dies after so many steps: the step at which it dies is half done where it is a write. */
export class MortalDisk {
  readonly disk: Disk;
  #left = Number.POSITIVE_INFINITY;
  #isDead = false;

  constructor(inner: Disk) {
    this.disk = this.#mortal(inner, { open: new Set(['create', 'edit']) });
  }

  dieAfter(steps: number): void {
    this.#left = steps;
    this.#isDead = false;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  revive(): void {
    this.dieAfter(Number.POSITIVE_INFINITY);
  }

  /** The same object, with a step before each of its calls. */
  #mortal<Target extends Disk | DiskFile>(target: Target, { open }: { readonly open: ReadonlySet<string> }): Target {
    return new Proxy(target, {
      get: (_, name) => {
        const call = Reflect.get(target, name) as ((...args: readonly unknown[]) => Promise<unknown>) | undefined;
        // Whoever awaits asks for `then`.
        if (call === undefined) return undefined;
        return async (...args: unknown[]) => {
          if (this.#left-- <= 0) {
            const [content] = args;
            if (!this.#isDead && name === 'write' && content instanceof Uint8Array)
              await call.call(target, content.subarray(0, content.length >> 1));
            // The kernel closes what a dead process had open.
            if (name === 'close') await call.call(target);
            this.#isDead = true;
            throw Object.assign(new Error('EIO: the process is dead'), { code: 'EIO' });
          }
          const result = await call.apply(target, args);
          return open.has(String(name)) ? this.#mortal(result as DiskFile, { open: new Set() }) : result;
        };
      },
    });
  }
}
