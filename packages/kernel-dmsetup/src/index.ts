export { DmsetupKernel } from './dmsetup-kernel.ts';
export { type DmsetupKernelOptions, openDmsetupKernel } from './open-dmsetup-kernel.ts';
export type { Run, RunOptions, RunResult } from './program/run.ts';
