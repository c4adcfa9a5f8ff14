/** vfs_cap_data (linux/capability.h): the revision is the last byte of the first little-endian word. */
const REVISION_OFFSET = 3;
const REVISION_2 = 2;
const REVISION_3 = 3;
const SIZE_OF_REVISION_2 = 20;

/** A capability without the user namespace it was given in, which means nothing elsewhere (revision 3 becomes 2). */
export function portableCapability(value: Uint8Array): Uint8Array {
  if (value[REVISION_OFFSET] !== REVISION_3 || value.length < SIZE_OF_REVISION_2) return value;
  const portable = value.slice(0, SIZE_OF_REVISION_2);
  portable[REVISION_OFFSET] = REVISION_2;
  return portable;
}
