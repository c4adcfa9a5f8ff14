export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where messages for the operator go. Never throws, never waits. */
export interface Log {
  /** `fields` are for machines: device, volume, thin id, error. Bigints and errors are the log's to print. */
  write(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}
