import type { Log } from '@dmthin/ports';
import { ContainerModule } from 'inversify';
import { CLOCK, LOG } from '../identifiers.ts';
import { silentLog } from '../silent-log.ts';
import { systemClock } from '../system-clock.ts';

export function clockAndLog(log: Log = silentLog): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(CLOCK).toConstantValue(systemClock);
    bind(LOG).toConstantValue(log);
  });
}
