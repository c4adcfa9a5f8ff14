import { print } from './print.ts';

/** Loop devices and mapped devices of the guest's kernel, by losetup and dmsetup. What is left goes when it is disposed of. */
export class KernelDevices implements Disposable {
  readonly #loops: string[] = [];
  readonly #names: string[] = [];

  /** Makes a block device of a file; returns its path. */
  attach(file: string): string {
    const path = print('losetup', '--find', '--show', file);
    this.#loops.push(path);
    return path;
  }

  /** Brings up a mapped device with a table in dmsetup's words; returns its path. */
  create(name: string, table: string): string {
    print('dmsetup', 'create', name, '--table', table);
    this.#names.push(name);
    return `/dev/mapper/${name}`;
  }

  /** Returns what the message answers. */
  message(name: string, text: string): string {
    return print('dmsetup', 'message', name, '0', text);
  }

  status(name: string): string {
    return print('dmsetup', 'status', name);
  }

  remove(name: string): void {
    print('dmsetup', 'remove', '--retry', name);
    this.#names.splice(this.#names.indexOf(name), 1);
  }

  [Symbol.dispose](): void {
    for (const name of [...this.#names].reverse()) this.remove(name);
    for (const path of this.#loops.splice(0)) print('losetup', '--detach', path);
  }
}
