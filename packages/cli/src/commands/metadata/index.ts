import type { Command } from '../../command/command.ts';
import { check } from './check.ts';
import { delta } from './delta.ts';
import { dump } from './dump.ts';
import { ls } from './ls.ts';
import { repair } from './repair.ts';
import { restore } from './restore.ts';
import { rmap } from './rmap.ts';
import { size } from './size.ts';

/** `dmthin metadata VERB`: thin-provisioning-tools, with their options and exit status. */
export const METADATA_COMMANDS: readonly Command[] = [check, dump, ls, delta, rmap, restore, repair, size];
