/** A process that does nothing: `begin` and `end` on standard input, and how late its timers were in between. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

const delay = monitorEventLoopDelay({ resolution: 1 });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'begin') {
    delay.reset();
    delay.enable();
  } else delay.disable();
  const [p50, p99] = [50, 99].map((percentile) => delay.percentile(percentile) / 1e6);
  console.log(JSON.stringify({ p50, p99, max: delay.max / 1e6 }));
}
