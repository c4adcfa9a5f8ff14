import { METADATA_BLOCK_SECTORS, SUPERBLOCK_LOCATION, type Superblock } from '../format/superblock.ts';
import type { Findings } from './fault.ts';

const UNOPENABLE = 'no kernel opens the pool';

/** Reports what a superblock with a right checksum should not say. */
export function examineSuperblock(superblock: Superblock, deviceBlocks: number, findings: Findings): void {
  const { dataBlockSize, metadataBlockSize, metadataSpaceMap, version } = superblock;
  const say = (finding: string, consequence: string): void =>
    void findings.report('superblock', SUPERBLOCK_LOCATION, finding, consequence);
  if (version !== 1 && version !== 2) say(`its version is ${version}`, 'it may mean something else than is read here');
  if (dataBlockSize < 128 || dataBlockSize > 2_097_152 || dataBlockSize % 128 !== 0)
    say(`the data block size is ${dataBlockSize} sectors`, UNOPENABLE);
  if (metadataBlockSize !== METADATA_BLOCK_SECTORS)
    say(`the metadata block size is ${metadataBlockSize} sectors`, UNOPENABLE);
  if (metadataSpaceMap.blocks > deviceBlocks)
    say(
      `${metadataSpaceMap.blocks} metadata blocks do not fit the device's ${deviceBlocks}`,
      'the kernel refuses to resume the pool',
    );
  if (superblock.incompatFlags !== 0 || superblock.compatRoFlags !== 0)
    say('it uses features that are not known', UNOPENABLE);
}
