/** How many random cases a property gets: `preset`, or what DMTHIN_METADATA_RUNS says. */
export function runs(preset: number): number {
  return Number(process.env['DMTHIN_METADATA_RUNS'] ?? preset);
}
