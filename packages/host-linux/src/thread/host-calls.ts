/** What the host's threads do: each is a whole sequence of system calls, any of which may wait. */
export {
  changeOwner,
  listAttributes,
  makeSpecialFile,
  readAttribute,
  writeAttribute,
} from '../attributes/attribute-calls.ts';
export {
  closeDevice,
  deviceSize,
  discardDevice,
  flushDevice,
  identifyDevice,
  openDevice,
  readDevice,
  writeDevice,
} from '../device/device-calls.ts';
export {
  ensureDirectory,
  ensureText,
  removeDirectory,
  removeFile,
  replaceFile,
} from '../file/file-calls.ts';
export { kernelHas, probeDevice, requireUnused, setNoSpaceRetries } from '../filesystem/filesystem-calls.ts';
export { attachLoop, detachLoop, findLoop, listLoops, refreshLoop } from '../loop/loop-calls.ts';
export { findMount, listMounts, mountAt, syncAt, unmountAt } from '../mount/mount-calls.ts';
