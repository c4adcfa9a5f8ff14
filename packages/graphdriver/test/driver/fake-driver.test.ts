import { fakeWorld } from './driver-world.ts';
import { manyLives } from './suite/concurrency-cases.ts';
import { driverSuite } from './suite/driver-suite.ts';

driverSuite("the fake kernel, with Docker's records", () => fakeWorld('docker'));
manyLives(() => fakeWorld('docker'));
