import type { PackedError } from './packed-error.ts';

/** What a service may be asked: any of its methods. */
export type Hop<Service> = Exclude<keyof Service & string, 'close'>;
export type HopArguments<Service, Name extends Hop<Service>> = Service[Name] extends (...args: infer Args) => unknown
  ? Args
  : never;
export type HopResult<Service, Name extends Hop<Service>> = Service[Name] extends (...args: never[]) => infer Result
  ? Awaited<Result>
  : never;

/** To a thread. */
export type Request =
  | { readonly kind: 'hop'; readonly id: number; readonly name: string; readonly args: readonly unknown[] }
  | { readonly kind: 'close'; readonly id: number };

/** From a thread. */
export type Reply =
  | { readonly kind: 'open'; readonly word: unknown }
  | { readonly kind: 'failed'; readonly error: PackedError }
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: PackedError };
