import type { SnapshotInfo } from '../snapshotter.ts';
import type { ReadField } from './filter.ts';

/** What filters see of a snapshot: `kind`, `name`, `parent` and `labels.NAME`, where the dots of a name need no quotes. */
export function snapshotFields({ kind, name, parent, labels }: SnapshotInfo): ReadField {
  return ([field, ...rest]) => {
    switch (field) {
      case 'kind':
        return kind;
      case 'name':
        return name;
      case 'parent':
        return parent ?? '';
      case 'labels': {
        const label = rest.join('.');
        return Object.hasOwn(labels, label) ? labels[label] : undefined;
      }
      default:
        return undefined;
    }
  };
}
