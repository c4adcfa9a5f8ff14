import { openDmsetupKernel } from '@dmthin/kernel-dmsetup';
import { linuxWorlds } from './linux-world.ts';
import { driverSuite } from './suite/driver-suite.ts';

// Some thousand runs of dmsetup, a quarter of an hour in a guest: by hand,
// ./scripts/guest --timeout 3600 -- node_modules/.bin/mocha --config test/guest/.mocharc.json --spec '**/linux-dmsetup.long.js'
driverSuite('Linux by dmsetup', linuxWorlds(openDmsetupKernel));
