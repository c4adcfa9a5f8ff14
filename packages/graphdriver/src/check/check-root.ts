import { bytes } from '@dmthin/domain';
import { asDmError } from '@dmthin/engine';
import type { DriverContext } from '../driver/driver-context.ts';
import { deviceFindings } from './device-findings.ts';
import { fileFindings } from './file-findings.ts';
import type { Finding, Found } from './finding.ts';
import { loopFindings } from './loop-findings.ts';
import { mountFindings } from './mount-findings.ts';
import { thinFindings } from './thin-findings.ts';

/** In the order in which they are repaired: a mount keeps a device, and a device a thin device, from going. */
const LOOKS = {
  mounts: mountFindings,
  devices: deviceFindings,
  'thin devices': thinFindings,
  'loop devices': loopFindings,
  files: fileFindings,
} as const satisfies Readonly<Record<string, (context: DriverContext) => Promise<readonly Found[]>>>;

/**
 * Compares everything that this root has with its records. What cannot be looked at is a finding too, and keeps nothing
 * else from being looked at.
 */
export async function findFaults(context: DriverContext): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const [what, look] of Object.entries(LOOKS)) found.push(...(await seen(context, what, look)));
  return found;
}

/** See `GraphDriver.check`. */
export async function checkRoot(context: DriverContext, isRepair: boolean): Promise<readonly Finding[]> {
  const findings = context.metAtStart.map((sentence) => reported(metAtStart(context, sentence), 'found'));
  for (const [what, look] of Object.entries(LOOKS))
    for (const found of await seen(context, what, look))
      findings.push(isRepair ? await repaired(found) : reported(found, 'found'));
  return findings;
}

function metAtStart({ layout }: DriverContext, sentence: string): Found {
  return {
    kind: 'start',
    subject: layout.root,
    what: sentence,
    cause: 'Met when the root was opened.',
    holds: bytes(0),
    remedy: 'Check again: what was mended does not come back.',
  };
}

async function seen(
  context: DriverContext,
  what: string,
  look: (context: DriverContext) => Promise<readonly Found[]>,
): Promise<readonly Found[]> {
  try {
    return await look(context);
  } catch (error) {
    const { message, remedy } = asDmError(error);
    return [
      {
        kind: 'unseen',
        subject: what,
        what: `the ${what} of this root could not be checked`,
        cause: message,
        holds: bytes(0),
        remedy: remedy ?? 'Mend what keeps them from being read, then check again.',
      },
    ];
  }
}

async function repaired(found: Found): Promise<Finding> {
  if (found.repair === undefined) return reported(found, 'found');
  try {
    await found.repair.run();
    return reported(found, 'repaired');
  } catch (error) {
    return { ...reported(found, 'not-repaired'), remedy: `${asDmError(error).message}. ${found.remedy}` };
  }
}

function reported({ repair, isRepaired, ...finding }: Found, outcome: Finding['outcome']): Finding {
  return { ...finding, repair: repair?.what, outcome: isRepaired === true ? 'repaired' : outcome };
}
