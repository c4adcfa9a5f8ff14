import { openDmsetupKernel } from '@dmthin/kernel-dmsetup';
import { linuxWorld } from './linux-world.ts';
import { driverSuite } from './suite/driver-suite.ts';

driverSuite('Linux by dmsetup', () => linuxWorld(openDmsetupKernel));
