import type { Log } from '@dmthin/ports';
import type { GraphDriver } from 'dmthin';
import { Gauge, type Registry } from 'prom-client';
import { errorText } from '../docker/error-text.ts';

/** Looking through a pool of ten thousand layers takes a second or two. */
const EVERY_MS = 15 * 60_000;

/** Shows what does not agree between a driver's records and what is there, as `dmthin check` finds it. */
export class FindingMetrics {
  readonly #findings: Gauge;
  readonly #time: Gauge;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;

  constructor(registry: Registry, log: Log) {
    const registers = [registry];
    const help =
      'What check finds: thin devices, mounts, devices, loop devices and files that nobody owns, and what is lost.';
    this.#findings = new Gauge({ name: 'dmthin_findings', help, labelNames: ['kind'], registers });
    this.#time = new Gauge({ name: 'dmthin_findings_timestamp_seconds', help: 'When that was looked for.', registers });
    this.#log = log;
    this.watch(undefined);
  }

  /** Looks now, and again from time to time, until told of another driver, or of none. */
  watch(driver: GraphDriver | undefined): void {
    clearInterval(this.#timer);
    this.#findings.reset();
    this.#time.remove();
    if (driver === undefined) return;
    const look = async (): Promise<void> => {
      const timer = this.#timer;
      try {
        const findings = await driver.check();
        // Another one may be watched by now.
        if (timer === this.#timer) this.#show(findings.map(({ kind }) => kind));
      } catch (error) {
        if (timer === this.#timer) this.#log.write('warn', `the root could not be checked: ${errorText(error)}`);
      }
    };
    this.#timer = setInterval(() => void look(), EVERY_MS).unref();
    void look();
  }

  #show(kinds: readonly string[]): void {
    this.#findings.reset();
    for (const kind of kinds) this.#findings.inc({ kind });
    this.#time.setToCurrentTime();
  }
}
