import type { PackedError } from './packed-error.ts';

/** What a service may be asked: any of its methods. */
export type Hop<Service> = Exclude<keyof Service & string, 'close'>;
export type HopArguments<Service, Name extends Hop<Service>> = Service[Name] extends (...args: infer Args) => unknown
  ? Args
  : never;
export type HopResult<Service, Name extends Hop<Service>> = Service[Name] extends (...args: never[]) => infer Result
  ? Awaited<Result>
  : never;

/** One call of a service's method. */
export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** To a thread. */
export type Request =
  /** Calls to be made one after the other, up to the first that fails. */
  | { readonly kind: 'hop'; readonly id: number; readonly calls: readonly Call[] }
  | { readonly kind: 'close'; readonly id: number };

/** What came of the calls of a hop: those before the one that failed have a value. */
export interface HopOutcome {
  readonly values: readonly unknown[];
  readonly error: PackedError | undefined;
}

/** From a thread. */
export type Reply =
  | { readonly kind: 'open'; readonly word: unknown }
  | { readonly kind: 'failed'; readonly error: PackedError }
  | ({ readonly kind: 'done'; readonly id: number } & HopOutcome);
