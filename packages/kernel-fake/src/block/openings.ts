import { Refusal } from '../errno/refusal.ts';

/** Whose exclusive claim it is: all of device-mapper shares one, each exclusive file has its own. */
export type Claimant = object;

/** The one claim of all tables of all mapped devices, so that many may stand on one disk (dm-kernel.md 2.1). */
export const DEVICE_MAPPER: Claimant = { name: 'device-mapper' };

/** What a device has to say about who opens it. */
export interface Openable {
  /** @throws Refusal ENXIO: it may not be opened now. */
  assertOpenable(): void;
  /** The last that had it open let go. */
  lastClosed(): void;
}

/** Who has a device open. */
export class Openings {
  #count = 0;
  #claimant: Claimant | undefined;
  #claims = 0;
  readonly #freezers = new Set<() => Promise<void>>();

  get count(): number {
    return this.#count;
  }

  /** What has to be awaited before the device is suspended with lockfs. */
  get freezers(): ReadonlySet<() => Promise<void>> {
    return this.#freezers;
  }

  /**
   * Opens `device`; what it returns closes it again.
   * @throws Refusal EBUSY: claimed elsewhere. ENXIO: it cannot be opened.
   */
  open(device: Openable, claimant?: Claimant, freeze?: () => Promise<void>): () => void {
    device.assertOpenable();
    if (claimant !== undefined) this.#claim(claimant);
    this.#count++;
    if (freeze !== undefined) this.#freezers.add(freeze);
    return () => {
      this.#count--;
      if (freeze !== undefined) this.#freezers.delete(freeze);
      if (claimant !== undefined && --this.#claims === 0) this.#claimant = undefined;
      if (this.#count === 0) device.lastClosed();
    };
  }

  #claim(claimant: Claimant): void {
    if (this.#claimant !== undefined && this.#claimant !== claimant) throw new Refusal('EBUSY', 'claimed elsewhere');
    this.#claimant = claimant;
    this.#claims++;
  }
}
