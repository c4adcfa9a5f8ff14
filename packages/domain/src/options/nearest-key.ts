/** Beyond this, a guess says more about the list than about what was meant. */
const MOST_EDITS = 3;
const LONGEST = 64;

/** The key that was most likely meant: as few letters wrong as possible, a forgotten `dm.` not counted; undefined where none is near. */
export function nearestKey(typed: string, keys: readonly string[]): string | undefined {
  const wanted = bare(typed);
  if (wanted.length > LONGEST) return undefined;
  let best: { readonly key: string; readonly edits: number } | undefined;
  for (const key of keys) {
    const edits = editsBetween(wanted, bare(key));
    if (edits <= MOST_EDITS && edits < bare(key).length && (best === undefined || edits < best.edits))
      best = { key, edits };
  }
  return best?.key;
}

/** Dashes for underscores are what most get wrong. */
function bare(key: string): string {
  return key.replace(/^dm\./u, '').replaceAll('-', '_');
}

/** Levenshtein's distance: letters to add, drop or replace. */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let index = 0; index < one.length; index += 1) {
    const next = [index + 1];
    for (let place = 0; place < other.length; place += 1) {
      const replaced = (row[place] ?? 0) + (one[index] === other[place] ? 0 : 1);
      next.push(Math.min(replaced, (row[place + 1] ?? 0) + 1, (next[place] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
