import { openIoctlKernel } from '@dmthin/kernel-ioctl';
import { linuxWorlds } from './linux-world.ts';
import { driverSuite } from './suite/driver-suite.ts';

driverSuite('Linux by ioctl', linuxWorlds(openIoctlKernel));
