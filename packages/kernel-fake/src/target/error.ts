import { Refusal } from '../errno/refusal.ts';
import type { Target, TargetType } from './target.ts';

/** `error`: fails all I/O; takes any arguments and forgets them; may replace what cannot be replaced. */
export const error: TargetType = {
  name: 'error',
  version: [1, 5, 0],
  isWildcard: true,
  create: () => ERROR,
};

const ERROR: Target = {
  type: error,
  failsAtOnce: true,
  canDiscard: false,
  hasWriteCache: false,
  read: fail,
  write: fail,
  discard: fail,
  flush: () => {},
  areas: () => [],
  status: () => '',
  tableParams: () => '',
};

function fail(): never {
  throw new Refusal('EIO', 'error target');
}
