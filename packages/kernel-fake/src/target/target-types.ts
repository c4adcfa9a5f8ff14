import { error } from './error.ts';
import { linear } from './linear.ts';
import { striped } from './striped.ts';
import type { TargetType } from './target.ts';
import { thin } from './thin.ts';
import { thinPool } from './thin-pool.ts';
import { zero } from './zero.ts';

/** The kinds of target this kernel has, the last registered first, as LIST_VERSIONS gives them (dm-kernel.md 1.7). */
export const TARGET_TYPES: readonly TargetType[] = [zero, thinPool, thin, striped, linear, error];
