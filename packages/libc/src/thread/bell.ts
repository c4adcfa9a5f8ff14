/** Rung for a thread that sleeps until it is asked for something; it counts how often. */
export type Bell = Int32Array<SharedArrayBuffer>;

export function makeBell(): Bell {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

export function ring(bell: Bell): void {
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}
