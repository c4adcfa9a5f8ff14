import type { Disk } from '../disk/disk.ts';
import { codeOf } from '../disk/disk-error.ts';

/**
 * A disk that is only looked at: all that would change it fails as on a read-only file system. A directory that was never
 * made is an empty one.
 */
export function unchanging(disk: Disk): Disk {
  const refuse = async (): Promise<never> => {
    throw Object.assign(new Error('EROFS: it is only looked at'), { code: 'EROFS' });
  };
  return {
    list: (path) =>
      disk.list(path).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return [];
        throw error;
      }),
    read: (path, limit) => disk.read(path, limit),
    syncDirectory: async () => undefined,
    makeDirectory: refuse,
    create: refuse,
    edit: refuse,
    rename: refuse,
    link: refuse,
    remove: refuse,
  };
}
