import type { ErrnoName } from '@dmthin/domain';

/**
 * What strerror(3) says for each errno: glibc in the C locale, then musl where that has other words. Two errnos that
 * share their words cannot be told apart; of those the domain knows, none do.
 */
const WORDS: Readonly<Record<ErrnoName, readonly string[]>> = {
  EPERM: ['Operation not permitted'],
  ENOENT: ['No such file or directory'],
  EINTR: ['Interrupted system call'],
  EIO: ['Input/output error', 'I/O error'],
  ENXIO: ['No such device or address'],
  EBADF: ['Bad file descriptor'],
  EAGAIN: ['Resource temporarily unavailable'],
  ENOMEM: ['Cannot allocate memory', 'Out of memory'],
  EACCES: ['Permission denied'],
  EFAULT: ['Bad address'],
  ENOTBLK: ['Block device required'],
  EBUSY: ['Device or resource busy', 'Resource busy'],
  EEXIST: ['File exists'],
  ENODEV: ['No such device'],
  ENOTDIR: ['Not a directory'],
  EISDIR: ['Is a directory'],
  EINVAL: ['Invalid argument'],
  EMFILE: ['Too many open files', 'No file descriptors available'],
  ENOTTY: ['Inappropriate ioctl for device', 'Not a tty'],
  ETXTBSY: ['Text file busy'],
  EFBIG: ['File too large'],
  ENOSPC: ['No space left on device'],
  EROFS: ['Read-only file system'],
  ERANGE: ['Numerical result out of range', 'Result not representable'],
  ENAMETOOLONG: ['File name too long', 'Filename too long'],
  ENOTEMPTY: ['Directory not empty'],
  ELOOP: ['Too many levels of symbolic links', 'Symbolic link loop'],
  ENODATA: ['No data available'],
  EOVERFLOW: ['Value too large for defined data type', 'Value too large for data type'],
  EILSEQ: ['Invalid or incomplete multibyte or wide character', 'Illegal byte sequence'],
  EOPNOTSUPP: ['Operation not supported', 'Not supported'],
  ETIMEDOUT: ['Connection timed out', 'Operation timed out'],
  EUCLEAN: ['Structure needs cleaning', 'Data consistency error'],
  EDQUOT: ['Disk quota exceeded', 'Quota exceeded'],
};

const ERRNOS: ReadonlyMap<string, ErrnoName> = new Map(
  Object.entries(WORDS).flatMap(([errno, words]) => words.map((text) => [text, errno as ErrnoName])),
);

/** The errno whose words these are; undefined where they are nobody's. */
export function errnoOfText(text: string): ErrnoName | undefined {
  return ERRNOS.get(text.trim());
}
