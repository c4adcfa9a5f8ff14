/** The entry of a worker thread that does the kernel's work and the host's; a file of its own here and beside a bundle. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { hostCalls } from '@dmthin/host-linux';
import { type CommandStart, serveCommands } from '@dmthin/kernel-ioctl';
import { serve } from '@dmthin/libc';

await serve(parentPort as MessagePort, async () => {
  const served = await serveCommands(workerData as CommandStart);
  return { ...served, service: Object.assign(served.service, hostCalls) };
});
