export { createLinuxHost, type LinuxHost, type LinuxHostOptions } from './linux-host.ts';
export * as hostCalls from './thread/host-calls.ts';
export type { HostCalls, HostThreads } from './thread/host-threads.ts';
