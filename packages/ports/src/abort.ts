/**
 * What the ports need of an `AbortSignal`, so that the core needs no platform types. Every platform's `AbortSignal`
 * is one. Whoever waits rejects with DmError ABORTED once it fires.
 */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
