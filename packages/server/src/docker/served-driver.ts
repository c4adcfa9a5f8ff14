import { DmError } from '@dmthin/domain';
import type { Log } from '@dmthin/ports';
import { type GraphDriver, type KernelName, openGraphDriver } from 'dmthin';
import type { InitRecord } from './init-record.ts';
import type { Initialization } from './requests.ts';

export interface ServedDriverOptions {
  readonly kernel: KernelName;
  /** Hold where dockerd gives none of the same key. */
  readonly storageOptions: readonly string[];
  readonly log: Log;
  readonly record: InitRecord;
}

/** The one driver that dockerd's calls go to, from its Init until its Cleanup. */
export class ServedDriver {
  readonly #options: ServedDriverOptions;
  #open: { readonly home: string; readonly driver: GraphDriver } | undefined;
  /** What changes the driver goes one after another. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ServedDriverOptions) {
    this.#options = options;
  }

  /**
   * Opens the driver. A dockerd that died says so again to the same plugin: then the driver is opened anew over the mounts
   * that are there, each with one user, and nothing is counted that the dead one held.
   * @throws DmError CONFLICT: a driver is open on another root. As `openGraphDriver`.
   */
  async initialize(wanted: Initialization): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#open !== undefined && this.#open.home !== wanted.home) throw otherRoot(this.#open.home, wanted.home);
      await this.#letGo();
      await this.#openDriver(wanted);
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

  /** dockerd ends: unmounts and takes down all that is the driver's. @throws DmError what of it could not be. */
  async cleanUp(): Promise<void> {
    await this.#inTurn(async () => {
      const driver = this.#open?.driver ?? (await this.#resume());
      this.#open = undefined;
      await this.#options.record.remove();
      await driver.close();
    });
  }

  /** This process ends: mounts stay for dockerd and its containers, and for the next process. */
  async release(): Promise<void> {
    await this.#inTurn(() => this.#letGo());
  }

  async #letGo(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.driver.release();
  }

  async #resume(): Promise<GraphDriver> {
    const initialization = await this.#options.record.read();
    if (initialization === undefined) throw notInitialized();
    this.#options.log.write('info', `taking up ${initialization.home} for a dockerd that went on`);
    return this.#openDriver(initialization);
  }

  async #openDriver({ home, options, idMaps }: Initialization): Promise<GraphDriver> {
    const { kernel, storageOptions, log } = this.#options;
    const driver = await openGraphDriver({
      root: home,
      kernel,
      storageOptions: [...storageOptions, ...options],
      idMaps,
      log,
    });
    this.#open = { home, driver };
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
