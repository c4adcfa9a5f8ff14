import { BASE_VOLUME, bytes, type VolumeId } from '@dmthin/domain';
import type { Orphan } from '@dmthin/engine';
import type { DriverContext } from '../driver/driver-context.ts';
import { removeLayer } from '../layer/remove-layer.ts';
import { isEachRecordRead } from './file-findings.ts';
import type { Found } from './finding.ts';

/** Where the pool and the records do not say the same (docker-devicemapper.md 12.1, defect 8). */
export async function thinFindings(context: DriverContext): Promise<readonly Found[]> {
  const { pool, ports } = context;
  if ((await pool.status()).kind !== 'ok') return [];
  const { lost, orphans } = await pool.audit(ports.blockDevices);
  const isEachRecordHere = await isEachRecordRead(context);
  return [
    ...lost.map((id) => lostLayer(context, id)),
    ...orphans.map((orphan) => orphanThin(context, orphan, isEachRecordHere)),
  ];
}

function lostLayer(context: DriverContext, id: VolumeId): Found {
  const { pool } = context;
  const isBase = id === BASE_VOLUME;
  return {
    kind: 'lost-layer',
    subject: isBase ? 'base' : id,
    what: `${isBase ? 'the base device' : `layer "${id}"`} is on record, and pool ${pool.name} has no thin device ${pool.get(id).thinId}`,
    cause: "Somebody else deleted it in the pool, or the pool's metadata was restored from a time before it was made.",
    holds: bytes(0),
    remedy:
      'Its content is gone. If an older or newer copy of the pool has it, put that back before anything is removed.',
    repair: isBase ? undefined : { what: 'remove its record', run: () => removeLayer(context, id) },
  };
}

/**
 * One in a pool of the driver's own cannot be anybody else's, once every record is read. In a pool from outside it may be
 * another program's, and is never touched.
 */
function orphanThin({ pool, source }: DriverContext, { thinId, mapped }: Orphan, isEachRecordHere: boolean): Found {
  const isOurs = source.backing !== undefined && isEachRecordHere;
  return {
    kind: 'orphan-thin',
    subject: String(thinId),
    what: `thin device ${thinId} of pool ${pool.name} is no layer's`,
    cause: 'Its record was lost or set aside, or another program made it in this pool.',
    holds: mapped,
    remedy: `Look into it (dmsetup create look --table "0 SECTORS thin /dev/mapper/${pool.name} ${thinId}"); if nobody needs it: dmsetup message ${pool.name} 0 "delete ${thinId}".`,
    repair: isOurs ? { what: 'delete it, with all that is in it', run: () => pool.deleteOrphan(thinId) } : undefined,
  };
}
