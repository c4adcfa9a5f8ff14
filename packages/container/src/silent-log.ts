import type { Log } from '@dmthin/ports';

/** What is used where no log is given: a library says nothing by itself. */
export const silentLog: Log = { write() {} };
