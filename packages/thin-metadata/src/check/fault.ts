/** Which part of the metadata a fault was found in. */
export type FaultPlace =
  | 'superblock'
  | 'device details'
  | 'mappings'
  | 'held metadata'
  | 'data space map'
  | 'metadata space map';

/**
 * How bad a fault is. `fatal`: data is lost or may be overwritten, or the pool cannot be used. `minor`: space is lost or a
 * number is wrong until it is repaired (what thin_check calls not fatal). `note`: a counter or hint of a space map is
 * inexact, which thin_check does not look at and thin_restore 0.9 leaves behind; or a block seems leaked, but may belong to
 * what could not be read.
 */
export type Severity = 'fatal' | 'minor' | 'note';

/** One thing that is wrong with a pool's metadata. */
export interface Fault {
  readonly place: FaultPlace;
  /** The metadata block that is wrong, or, of a data space map, the data block that is counted wrongly. */
  readonly block: number | undefined;
  /** How many blocks from `block` on are wrong in that way; 1 but for reference counts. */
  readonly blocks: number;
  /** How many times more each of them is counted than anything refers to it: a leak where it is more than 0. */
  readonly excess: number;
  /** What was found there. */
  readonly finding: string;
  /** What it leads to. */
  readonly consequence: string;
  readonly severity: Severity;
}

/** What a checker finds, as it finds it. */
export class Findings {
  readonly faults: Fault[] = [];

  /** Returns the fault's index in `faults`. */
  report(
    place: FaultPlace,
    block: number | undefined,
    finding: string,
    consequence: string,
    details: Partial<Pick<Fault, 'blocks' | 'excess' | 'severity'>> = {},
  ): number {
    const { blocks = 1, excess = 0, severity = 'fatal' } = details;
    return this.faults.push({ place, block, blocks, excess, finding, consequence, severity }) - 1;
  }

  /** Says what a fault leads to, once that is known. */
  explain(index: number, consequence: string): void {
    this.faults[index] = { ...(this.faults[index] as Fault), consequence };
  }
}
