/** Which part of the metadata a fault was found in. */
export type FaultPlace =
  | 'superblock'
  | 'device details'
  | 'mappings'
  | 'held metadata'
  | 'data space map'
  | 'metadata space map';

/** One thing that is wrong with a pool's metadata. */
export interface Fault {
  readonly place: FaultPlace;
  /** The metadata block that is wrong, or, of a data space map, the data block that is counted wrongly. */
  readonly block: number | undefined;
  /** What was found there. */
  readonly finding: string;
  /** What it leads to. */
  readonly consequence: string;
}
