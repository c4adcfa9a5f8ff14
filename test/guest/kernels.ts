import { openDmsetupKernel } from '@dmthin/kernel-dmsetup';
import { openIoctlKernel } from '@dmthin/kernel-ioctl';
import type { Kernel } from '@dmthin/ports';

/** The two ways to the guest's kernel. */
export const KERNELS: Readonly<Record<'ioctl' | 'dmsetup', () => Promise<Kernel>>> = {
  ioctl: () => openIoctlKernel(),
  dmsetup: () => openDmsetupKernel(),
};
