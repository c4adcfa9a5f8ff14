import { DmError } from '@dmthin/domain';

/** What dmsetup printed is cut short, or not what this version of it prints. */
export function corrupt(output: string, operation: string, subject?: string): DmError {
  const shown = JSON.stringify(output.length > 200 ? `...${output.slice(-200)}` : output);
  return new DmError('CORRUPT', `device-mapper: ${operation}: dmsetup's output is cut short or unknown: ${shown}`, {
    operation,
    subject,
    remedy: 'Try again; where it stays so, this dmsetup prints what this package does not read (dmsetup version).',
  });
}
