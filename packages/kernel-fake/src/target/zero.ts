import { Refusal } from '../errno/refusal.ts';
import type { Target, TargetType } from './target.ts';

/** `zero`: reads zeros, takes writes and forgets them. */
export const zero: TargetType = {
  name: 'zero',
  version: [1, 1, 0],
  create: (_line, words) => {
    if (words.length > 0) throw new Refusal('EINVAL', 'zero: No arguments required');
    return ZERO;
  },
};

const ZERO: Target = {
  type: zero,
  canDiscard: false,
  hasWriteCache: false,
  read: (_at, into) => {
    into.fill(0);
  },
  write: () => {},
  discard: () => {
    throw new Refusal('EOPNOTSUPP', 'zero: no discards');
  },
  flush: () => {},
  areas: () => [],
  status: () => '',
  tableParams: () => '',
};
