/** The entry of a worker thread; it is a file of its own in the package and beside a bundle. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { serve } from '@dmthin/libc';
import * as hostCalls from './host-calls.ts';

await serve(parentPort as MessagePort, () => ({ service: hostCalls }));
