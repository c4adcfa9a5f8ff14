import { Histogram, type Registry } from 'prom-client';

/** `refused`: what was no call, or not one that was understood. */
export type Outcome = 'ok' | 'failed' | 'refused';

/** Told of each call that was answered. */
export type ObserveCall = (method: string, outcome: Outcome, seconds: number) => void;

/** From a millisecond, which is a snapshot's time, to a minute, which is a large layer's. */
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];

export function callMetrics(registry: Registry): ObserveCall {
  const durations = new Histogram({
    name: 'dmthin_call_duration_seconds',
    help: 'Time from the head of a call to the end of its answer.',
    labelNames: ['method', 'outcome'] as const,
    buckets: BUCKETS,
    registers: [registry],
  });
  return (method, outcome, seconds) => durations.observe({ method, outcome }, seconds);
}
