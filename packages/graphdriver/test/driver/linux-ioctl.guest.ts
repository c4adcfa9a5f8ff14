import { openIoctlKernel } from '@dmthin/kernel-ioctl';
import { linuxWorld } from './linux-world.ts';
import { driverSuite } from './suite/driver-suite.ts';

driverSuite('Linux by ioctl', () => linuxWorld(openIoctlKernel));
