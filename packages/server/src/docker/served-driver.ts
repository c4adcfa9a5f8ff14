import { DmError, parseStorageOptions } from '@dmthin/domain';
import type { Log } from '@dmthin/ports';
import { type GraphDriver, type KernelName, openGraphDriver } from 'dmthin';
import type { InitRecord } from './init-record.ts';
import type { GivenMounts } from './mounts/given-mounts.ts';
import type { Initialization } from './requests.ts';

export interface ServedDriverOptions {
  readonly kernel: KernelName;
  /** Hold where dockerd gives none of the same key. */
  readonly storageOptions: readonly string[];
  readonly log: Log;
  readonly record: InitRecord;
  readonly mounts: GivenMounts;
  /** Told of each driver that is opened, and that there is none any more. */
  readonly onChange: (driver: GraphDriver | undefined) => void;
}

/** The one driver that dockerd's calls go to, from its Init until its Cleanup. */
export class ServedDriver {
  readonly mounts: GivenMounts;
  readonly #options: ServedDriverOptions;
  #storageOptions: readonly string[];
  #open: { readonly initialization: Initialization; readonly driver: GraphDriver } | undefined;
  /** What changes the driver goes one after another. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ServedDriverOptions) {
    this.mounts = options.mounts;
    this.#options = options;
    this.#storageOptions = options.storageOptions;
  }

  /**
   * Opens the driver. A dockerd that died says so again to the same plugin: then the driver is opened anew over the mounts
   * that are there, each with one user, and nothing is counted that the dead one held.
   * @throws DmError CONFLICT: a driver is open on another root. As `openGraphDriver`.
   */
  async initialize(wanted: Initialization): Promise<void> {
    await this.#inTurn(async () => {
      const home = this.#open?.initialization.home;
      if (home !== undefined && home !== wanted.home) throw otherRoot(home, wanted.home);
      await this.#letGo();
      this.mounts.beginAnew(await this.#openDriver(wanted));
      await this.#options.record.write(wanted);
    });
  }

  /**
   * The driver; opened as dockerd last said where this process has not heard from it yet.
   * @throws DmError CLOSED: dockerd has not initialised it, or has cleaned up. As `openGraphDriver`.
   */
  async driver(): Promise<GraphDriver> {
    return this.#open?.driver ?? this.#inTurn(async () => this.#open?.driver ?? this.#resume());
  }

  /** The driver, where it is open. */
  get present(): GraphDriver | undefined {
    return this.#open?.driver;
  }

  /**
   * Takes up options of its own, as far as an open driver can; all of them when one is opened next. Gives the keys of
   * those that an open one cannot.
   * @throws DmError INVALID_ARGUMENT: nothing changes then.
   */
  reload(storageOptions: readonly string[]): readonly string[] {
    const { initialization, driver } = this.#open ?? {};
    const all = [...storageOptions, ...(initialization?.options ?? [])];
    parseStorageOptions(all);
    this.#storageOptions = storageOptions;
    return driver?.reload(all) ?? [];
  }

  /** dockerd ends: unmounts and takes down all that is the driver's. @throws DmError what of it could not be. */
  async cleanUp(): Promise<void> {
    await this.#inTurn(async () => {
      const driver = this.#open?.driver ?? (await this.#resume());
      this.#open = undefined;
      this.#options.onChange(undefined);
      await this.#options.record.remove();
      await driver.close();
      this.mounts.forget();
    });
  }

  /** This process ends: mounts stay for dockerd and its containers, and for the next process. */
  async release(): Promise<void> {
    await this.#inTurn(() => this.#letGo());
  }

  async #letGo(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) this.#options.onChange(undefined);
    await open?.driver.release();
    this.mounts.close();
  }

  async #resume(): Promise<GraphDriver> {
    const initialization = await this.#options.record.read();
    if (initialization === undefined) throw notInitialized();
    this.#options.log.write('info', `taking up ${initialization.home} for a dockerd that went on`);
    const driver = await this.#openDriver(initialization, this.mounts.users());
    this.mounts.takeOver(driver);
    return driver;
  }

  async #openDriver(initialization: Initialization, users?: ReadonlyMap<string, number>): Promise<GraphDriver> {
    const { home, options, idMaps } = initialization;
    const { kernel, log, onChange } = this.#options;
    const driver = await openGraphDriver({
      root: home,
      kernel,
      storageOptions: [...this.#storageOptions, ...options],
      idMaps,
      users,
      log,
    });
    this.#open = { initialization, driver };
    onChange(driver);
    return driver;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function otherRoot(present: string, wanted: string): DmError {
  return new DmError('CONFLICT', `this plugin serves ${present}, and was asked to serve ${wanted}`, {
    operation: 'initialise',
    subject: wanted,
    remedy:
      'One dmthin serve is for one dockerd: start another on a socket of its own, or this one again if that dockerd is gone.',
  });
}

function notInitialized(): DmError {
  return new DmError('CLOSED', 'the driver is not initialised', {
    remedy: 'dockerd initialises it when it starts; restart dockerd.',
  });
}
