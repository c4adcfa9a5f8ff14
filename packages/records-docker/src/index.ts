export type { Disk, DiskEntry, DiskFile } from './disk/disk.ts';
export { MemoryDisk, type PowerCut } from './disk/memory-disk.ts';
export { nodeDisk } from './disk/node-disk.ts';
export { type DockerRecordsOptions, openDockerRecords, savesWith } from './docker-records.ts';
export { type RootLock, takeRootLock } from './lock/root-lock.ts';
export {
  type DockerStore,
  type LayerRole,
  type StoredLayer,
  type SurveyOptions,
  surveyDockerStore,
} from './store/docker-store.ts';
