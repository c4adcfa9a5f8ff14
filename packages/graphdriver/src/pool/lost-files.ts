import { DmError, type StorageOptions } from '@dmthin/domain';
import { statFile } from '../file/file-stat.ts';
import type { RootLayout } from '../layout/root-layout.ts';
import { rawPathOfText } from '../path/raw-path.ts';

/**
 * A root that has layers has both files of its pool, and something in them. Docker makes a lost one anew, and skips the records for it: the
 * layers are gone for good with the next change (docker-devicemapper.md 12.1, defect 1).
 */
export async function refuseLostFiles(
  { dataDevice, metadataDevice }: StorageOptions,
  layout: RootLayout,
): Promise<void> {
  const files = [dataDevice === undefined && layout.dataFile, metadataDevice === undefined && layout.metadataFile];
  for (const file of files) {
    if (file === false) continue;
    const stat = await statFile(rawPathOfText(file));
    if (stat !== undefined && stat.size > 0) continue;
    throw new DmError(
      'CONFLICT',
      `${file} is ${stat === undefined ? 'gone' : 'empty'}, and the layers of this root were in it`,
      {
        operation: 'open',
        subject: file,
        remedy:
          'Put the file back, or give the pool this root was made with (dm.thinpooldev, dm.datadev, dm.metadatadev). If it is ' +
          'lost, so are the layers: move the root away and begin with an empty one. Nothing was changed.',
      },
    );
  }
}
