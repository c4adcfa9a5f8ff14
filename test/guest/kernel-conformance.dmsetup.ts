import { realKernelConformance } from './real-kernel-conformance.ts';

realKernelConformance('dmsetup');
