import { ServedSnapshotter } from '../support/served-snapshotter.ts';
import { snapshotterSuite } from './snapshotter-suite.ts';

snapshotterSuite('on the fake machine', (options) => ServedSnapshotter.start(options));
