import type { FilesystemType } from './filesystem-type.ts';

/** mount(2) flags (linux/mount.h). */
export const MS = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  SYNCHRONOUS: 0x10,
  REMOUNT: 0x20,
  MANDLOCK: 0x40,
  DIRSYNC: 0x80,
  NOATIME: 0x400,
  NODIRATIME: 0x800,
  BIND: 0x1000,
  REC: 0x4000,
  UNBINDABLE: 0x20000,
  PRIVATE: 0x40000,
  SLAVE: 0x80000,
  SHARED: 0x100000,
  RELATIME: 0x200000,
  STRICTATIME: 0x1000000,
} as const;

/** What a word does to the flags; Docker's list (docker-devicemapper.md 1.2, dm.mountopt). */
interface FlagWord {
  readonly set?: number;
  readonly clear?: number;
}
const WORDS: ReadonlyMap<string, FlagWord> = new Map<string, FlagWord>([
  ['defaults', {}],
  ['ro', { set: MS.RDONLY }],
  ['rw', { clear: MS.RDONLY }],
  ['nosuid', { set: MS.NOSUID }],
  ['suid', { clear: MS.NOSUID }],
  ['nodev', { set: MS.NODEV }],
  ['dev', { clear: MS.NODEV }],
  ['noexec', { set: MS.NOEXEC }],
  ['exec', { clear: MS.NOEXEC }],
  ['sync', { set: MS.SYNCHRONOUS }],
  ['async', { clear: MS.SYNCHRONOUS }],
  ['dirsync', { set: MS.DIRSYNC }],
  ['remount', { set: MS.REMOUNT }],
  ['mand', { set: MS.MANDLOCK }],
  ['nomand', { clear: MS.MANDLOCK }],
  ['noatime', { set: MS.NOATIME }],
  ['atime', { clear: MS.NOATIME }],
  ['nodiratime', { set: MS.NODIRATIME }],
  ['diratime', { clear: MS.NODIRATIME }],
  ['relatime', { set: MS.RELATIME }],
  ['norelatime', { clear: MS.RELATIME }],
  ['strictatime', { set: MS.STRICTATIME }],
  ['nostrictatime', { clear: MS.STRICTATIME }],
  ['bind', { set: MS.BIND }],
  ['rbind', { set: MS.BIND | MS.REC }],
  ['unbindable', { set: MS.UNBINDABLE }],
  ['runbindable', { set: MS.UNBINDABLE | MS.REC }],
  ['private', { set: MS.PRIVATE }],
  ['rprivate', { set: MS.PRIVATE | MS.REC }],
  ['shared', { set: MS.SHARED }],
  ['rshared', { set: MS.SHARED | MS.REC }],
  ['slave', { set: MS.SLAVE }],
  ['rslave', { set: MS.SLAVE | MS.REC }],
]);

export interface MountArguments {
  /** mount(2)'s flags, the MS values. */
  readonly flags: number;
  /** What is left for the filesystem, joined by commas; may be empty. */
  readonly data: string;
}

/**
 * Splits mount(8)'s words into flags of mount(2) and the filesystem's own data, in order: a later word undoes an earlier
 * one. `defaults` does nothing (Docker hands it to the filesystem, which refuses it); empty words are dropped.
 */
export function mountArguments(words: readonly string[]): MountArguments {
  let flags = 0;
  const data: string[] = [];
  for (const word of words) {
    const known = WORDS.get(word);
    if (known !== undefined) flags = (flags | (known.set ?? 0)) & ~(known.clear ?? 0);
    else if (word !== '') data.push(word);
  }
  return { flags, data: data.join(',') };
}

/** The words of a comma list, such as `dm.mountopt`; a comma within double quotes ends no word. */
export function mountWords(list: string): readonly string[] {
  return Array.from(list.matchAll(/(?:[^,"]|"[^"]*(?:"|$))+/gu), ([word]) => word.trim()).filter((word) => word !== '');
}

/**
 * The words a volume is mounted with (docker-devicemapper.md 7.5): `nouuid` for xfs, since every snapshot has its
 * origin's uuid; then the user's; then the SELinux label.
 */
export function volumeMountWords(
  type: FilesystemType,
  options: readonly string[],
  label: string | undefined = undefined,
): readonly string[] {
  return [
    ...(type === 'xfs' ? ['nouuid'] : []),
    ...options,
    ...(label === undefined || label === '' ? [] : [`context="${label}"`]),
  ];
}
