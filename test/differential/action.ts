/**
 * What a sequence asks for, before it is known which numbers the kernel gives out. `<name>` in parameters and device
 * names stands for the number of the mapped device of that name.
 */
export type Action = CommandAction | BringAction | IoAction | SleepAction;

/** How a command names its device. Bytes are written as Latin-1. */
export interface Selector {
  readonly name?: string;
  readonly uuid?: string;
  /** A name of a mapped device, whose number is given; or a number, as 64 bits. */
  readonly device?: string | bigint;
}

export interface LineAction {
  /** Where it begins, in sectors; behind the line before unless given. */
  readonly start?: bigint;
  readonly length: bigint;
  readonly type: string;
  readonly params: string;
}

export type Payload =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'message'; readonly sector: bigint; readonly text: string }
  | { readonly kind: 'table'; readonly lines: readonly LineAction[]; readonly gap: number };

export interface CommandAction {
  readonly kind: 'command';
  readonly nr: number;
  readonly selector: Selector;
  readonly flags: number;
  readonly eventNumber: number;
  readonly payload: Payload;
  /** What is odd about the header, for commands that are not well formed. */
  readonly oddity: Oddity;
}

export interface Oddity {
  readonly version?: readonly [number, number, number];
  /** The size of the buffer, and the size the header says. */
  readonly size?: number;
  readonly dataSize?: number;
  readonly dataStart?: number;
  readonly targetCount?: number;
  /** Seeds bytes that lie behind the header before the payload is laid over them. */
  readonly leftovers?: number;
}

/** Creates a device, loads a table and resumes it. */
export interface BringAction {
  readonly kind: 'bring';
  readonly name: string;
  readonly uuid: string;
  readonly flags: number;
  readonly lines: readonly LineAction[];
}

export interface IoAction {
  readonly kind: 'io';
  readonly op: 'read' | 'write' | 'discard';
  readonly dev: string;
  readonly offset: number;
  readonly length: number;
  readonly seed: number;
}

export interface SleepAction {
  readonly kind: 'sleep';
  readonly ms: number;
}
