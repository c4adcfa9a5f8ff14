import { DmError } from '@dmthin/domain';
import type { Volume } from '@dmthin/engine';

/** A layer that is to be made has the id of one that is there, or that waits to be deleted. */
export function takenId({ id, isDeleted }: Volume): DmError {
  return new DmError('ALREADY_EXISTS', `layer "${id}" is there already${isDeleted ? ', and is being deleted' : ''}`, {
    subject: id,
    remedy: isDeleted
      ? 'Wait until nobody uses it any more, or use another id.'
      : `Remove it first (dmthin rm ${id}), or use another id.`,
  });
}
