/** How two devices differ in a range of blocks: one of them maps it, or both do, to other data blocks or to the same. */
export type DeltaKind = 'left_only' | 'right_only' | 'different' | 'same';

/** Takes the ranges, in order; `leftData` or `rightData` means nothing where that side has no mapping. */
export type DeltaVisitor = (
  kind: DeltaKind,
  begin: number,
  length: number,
  leftData: number,
  rightData: number,
) => void;
