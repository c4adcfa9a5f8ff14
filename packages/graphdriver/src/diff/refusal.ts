import { DmError } from '@dmthin/domain';
import { type RawPath, showPath } from '../path/raw-path.ts';

/** Makes the error that says what is wrong with one entry of a tar. */
export type Refusal = (fault: string) => DmError;

export function refusalOf(entry: RawPath): Refusal {
  const shown = showPath(entry);
  return (fault) =>
    new DmError('INVALID_ARGUMENT', `tar entry "${shown}" is refused: it ${fault}`, {
      operation: 'apply',
      subject: shown,
      remedy: 'A layer may only hold what is inside itself; have a look at where this tar comes from.',
    });
}
