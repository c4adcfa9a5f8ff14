export { CONTROL_PATH, type ControlDevice, openControlDevice } from './control/control-device.ts';
export { IoctlKernel } from './ioctl-kernel.ts';
export type { DeviceMapper } from './mapper/device-mapper.ts';
export { type IoctlKernelOptions, openIoctlKernel } from './open-ioctl-kernel.ts';
export { COMMAND, type CommandName, commandOf, requestOf } from './protocol/command.ts';
export {
  type DmIoctlHeader,
  decodeHeader,
  encodeHeader,
  HEADER_MIN,
  HEADER_SIZE,
  NO_DEVICE,
  payloadOf,
  type Version,
} from './protocol/dm-ioctl-header.ts';
export { FLAG, type FlagName, flagNames } from './protocol/flag.ts';
export { decodeNameList, encodeNameList, type NameListEntry } from './protocol/name-list.ts';
export { decodeTargetDeps, encodeTargetDeps } from './protocol/target-deps.ts';
export { decodeTargetSpecs, encodeTargetSpecs, type SpecChain } from './protocol/target-spec.ts';
export { decodeTargetVersions, encodeTargetVersions, type TargetVersionEntry } from './protocol/target-versions.ts';
export {
  decodeGeometry,
  decodeTargetMessage,
  decodeText,
  encodeGeometry,
  encodeTargetMessage,
  encodeText,
  type Geometry,
  type TargetMessage,
} from './protocol/text-payload.ts';
export {
  type CommandThreadOptions,
  type CommandThreads,
  startCommandThread,
} from './thread/command-threads.ts';
export type { CommandStart } from './thread/messages.ts';
export { serveCommands } from './thread/serve-commands.ts';
