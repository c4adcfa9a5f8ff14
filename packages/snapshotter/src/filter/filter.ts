import type { RE2JS } from 're2js';

/** Where a filter looks: `['labels', 'containerd.io/gc.root']`. */
export type FieldPath = readonly string[];

/** One condition of a filter. */
export type Selector =
  | { readonly path: FieldPath; readonly operator: 'present' }
  | { readonly path: FieldPath; readonly operator: '==' | '!='; readonly value: string }
  /** `pattern` is undefined where the value is no regular expression: then it matches nothing, as in containerd. */
  | { readonly path: FieldPath; readonly operator: '~='; readonly value: string; readonly pattern: RE2JS | undefined };

/** All of its selectors have to hold; one without any takes everything. */
export type Filter = readonly Selector[];

/** The text of a field, and undefined where there is no such field. */
export type ReadField = (path: FieldPath) => string | undefined;

/** Whether any of the filters takes what has these fields; no filters take everything. */
export function isTaken(filters: readonly Filter[], field: ReadField): boolean {
  return filters.length === 0 || filters.some((filter) => filter.every((selector) => isMet(selector, field)));
}

/** What is not there counts as empty for `!=` and `~=`, as in containerd. */
function isMet(selector: Selector, field: ReadField): boolean {
  const value = field(selector.path);
  switch (selector.operator) {
    case 'present':
      return value !== undefined;
    case '==':
      return value === selector.value;
    case '!=':
      return (value ?? '') !== selector.value;
    case '~=':
      return selector.pattern?.matcher(value ?? '').find() ?? false;
  }
}
