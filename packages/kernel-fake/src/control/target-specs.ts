import { Refusal } from '../errno/refusal.ts';
import type { TargetSpec } from '../target/target.ts';
import type { IoctlBuffer } from './ioctl-buffer.ts';
import { MAX_TARGETS, SPEC, SPEC_SIZE, TYPE_LENGTH } from './ioctl-layout.ts';

/**
 * The lines of a table as TABLE_LOAD gives them, read one at a time, so that a line that cannot be read fails only when
 * those before it have been made (dm-kernel.md 2.3).
 * @throws Refusal EOVERFLOW: more targets than a table may have. EINVAL: a line beyond the buffer.
 */
export function* targetSpecs(buffer: IoctlBuffer): Generator<TargetSpec> {
  const count = buffer.targetCount;
  if (count > MAX_TARGETS) throw new Refusal('EOVERFLOW', `${count} targets are more than a table may have`);
  let offset = 0;
  let next = buffer.dataStart;
  for (let index = 0; index < count; index++) {
    offset += next;
    // "unable to find target": a line may not lie over the header or the line before it.
    if (next < SPEC_SIZE) throw new Refusal('EINVAL', `line ${index} does not lie behind the one before it`);
    const params = buffer.terminated(offset + SPEC_SIZE);
    next = buffer.view.getUint32(offset + SPEC.next, true);
    yield {
      start: buffer.view.getBigUint64(offset + SPEC.start, true),
      length: buffer.view.getBigUint64(offset + SPEC.length, true),
      type: buffer.string(offset + SPEC.type, TYPE_LENGTH),
      params,
    };
  }
}
