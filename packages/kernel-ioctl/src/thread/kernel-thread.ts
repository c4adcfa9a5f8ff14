/** The entry of both kinds of worker thread; it is a file of its own in the package and beside a bundle. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { serve } from '@dmthin/libc';
import type { ThreadStart } from './messages.ts';
import { serveCommands } from './serve-commands.ts';
import { watchEvents } from './watch-events.ts';

const start = workerData as ThreadStart;
const port = parentPort as MessagePort;
if (start.role === 'events') watchEvents(port);
else await serve(port, () => serveCommands(start));
