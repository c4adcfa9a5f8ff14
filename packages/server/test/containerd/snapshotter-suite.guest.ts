import { ServedSnapshotter } from '../support/served-snapshotter.ts';
import { snapshotterSuite } from './snapshotter-suite.ts';

const start = (options?: Parameters<typeof ServedSnapshotter.start>[0]) => ServedSnapshotter.start(options);
snapshotterSuite('ext4 on a real kernel', start, { kernel: 'ioctl', storageOptions: ['dm.fs=ext4'] });
snapshotterSuite('xfs on a real kernel', start, {
  kernel: 'ioctl',
  storageOptions: ['dm.fs=xfs', 'dm.basesize=320M', 'dm.loopdatasize=1G'],
});
