import type { Log, LogLevel } from '@dmthin/ports';
import { toJson } from './json.ts';

export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Messages of `level` and above, which may change. */
export interface StderrLog extends Log {
  level: LogLevel;
}

/** Messages on stderr, one line each; JSON lines with `--json`. */
export function createStderrLog(level: LogLevel, json: boolean): StderrLog {
  return {
    level,
    write(of, message, fields = {}) {
      if (LOG_LEVELS.indexOf(of) < LOG_LEVELS.indexOf(this.level)) return;
      const shown = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)]));
      process.stderr.write(
        json
          ? `${toJson({ time: new Date().toISOString(), level: of, message, ...shown })}\n`
          : `dmthin: ${of}: ${message}${words(shown)}\n`,
      );
    },
  };
}

const plain = (value: unknown): unknown => (value instanceof Error ? value.message : value);

function words(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : toJson(value)}`)
    .join('');
}
