import type { Command } from '../command/command.ts';
import { adopt } from './adopt.ts';
import { bench } from './bench.ts';
import { check } from './check.ts';
import { completionOf } from './completion.ts';
import { create } from './create.ts';
import { changes, diff, exportLayer } from './diff.ts';
import { graph } from './graph.ts';
import { apply, importLayer } from './import.ts';
import { inspect } from './inspect.ts';
import { ls } from './ls.ts';
import { METADATA_COMMANDS } from './metadata/index.ts';
import { mount, umount } from './mount.ts';
import { pool } from './pool.ts';
import { rm } from './rm.ts';
import { receive, send } from './send.ts';
import { serve } from './serve.ts';
import { status } from './status.ts';
import { version } from './version.ts';

/** Every verb, in the order help shows them. */
export const COMMANDS: readonly Command[] = [
  status,
  ls,
  create,
  rm,
  mount,
  umount,
  inspect,
  changes,
  diff,
  apply,
  importLayer,
  exportLayer,
  send,
  receive,
  graph,
  check,
  pool,
  adopt,
  serve,
  ...METADATA_COMMANDS,
  bench,
  version,
  completionOf(() => COMMANDS),
];
