import { Steps } from '@dmthin/conformance';
import {
  BLOCK_DEVICES,
  driverModules,
  FILE_ATTRIBUTES,
  FILESYSTEMS,
  GRAPH_DRIVER,
  KERNEL,
  LOOP_DEVICES,
  MOUNTS,
  type OpenOptions,
  RECORDS,
  SMALL_FILES,
  VOLUME_GROUPS,
} from 'dmthin';
import { Container } from 'inversify';
import { countOwnFiles } from '../own-files.ts';
import { deedsOf } from './deeds.ts';

/** What the victim is told, as JSON in its first argument. */
export interface Fate {
  readonly root: string;
  readonly storageOptions: readonly string[];
  readonly round: number;
  readonly canResize: boolean;
  /** The call, into its ports or of its own to the file system, before or after which it is killed. */
  readonly step?: number | undefined;
  readonly moment?: 'end-before' | 'end-after' | undefined;
}

/** Opens the driver and does the deeds of a round; says `open`, and the number of each deed once it is done. */
async function live({ root, storageOptions, round, canResize, step, moment }: Fate): Promise<void> {
  const steps = new Steps();
  const options: OpenOptions = { root, kernel: 'ioctl', storageOptions };
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(...driverModules(options));
  container.onActivation(KERNEL, (_, kernel) => steps.kernel(kernel));
  container.onActivation(RECORDS, (_, records) => steps.records(records));
  for (const port of [BLOCK_DEVICES, LOOP_DEVICES, FILESYSTEMS, MOUNTS, FILE_ATTRIBUTES])
    container.onActivation<object>(port, (_, value) => steps.port(value));
  for (const port of [SMALL_FILES, VOLUME_GROUPS])
    container.onActivation<object | undefined>(port, (_, value) => value && steps.port(value));
  countOwnFiles(steps);
  if (step !== undefined && moment !== undefined) steps.at(step, moment);
  const all = async (): Promise<void> => {
    const driver = await container.getAsync(GRAPH_DRIVER);
    process.stdout.write('open\n');
    for (const [index, deed] of deedsOf(round, canResize).entries()) {
      await deed.run(driver);
      process.stdout.write(`${index}\n`);
    }
    await driver.close();
  };
  if (await steps.endsIn(all())) process.kill(process.pid, 'SIGKILL');
}

if (process.argv[1] === import.meta.filename) await live(JSON.parse(process.argv[2] ?? '') as Fate);
