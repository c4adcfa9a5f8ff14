export { createLinuxHost, type LinuxHost } from './linux-host.ts';
