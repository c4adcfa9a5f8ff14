import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, DmError, type DmErrorCode } from '@dmthin/domain';
import type { CancelSignal, PhysicalVolumeInfo, VolumeGroups } from '@dmthin/ports';
import { attempt } from '../error/system-error.ts';
import type { CommandLine } from '../filesystem/mkfs-command.ts';
import { toolOutput } from '../filesystem/run-tool.ts';
import { physicalVolumeIn, volumeNamesIn } from './lvm-report.ts';

/** Where LVM looks for profiles. */
const PROFILES = '/etc/lvm/profile';

/** LVM says why it failed in words (of the C locale); the first that fits. */
const WORDS: readonly (readonly [RegExp, DmErrorCode])[] = [
  [/already exists|already in volume group|is already part of/u, 'ALREADY_EXISTS'],
  [/insufficient free space|has no free (extents|space)|logical volume is 0 extents/iu, 'NO_SPACE'],
  [
    /device not found|No device found|Volume group .* not found|Failed to find logical volume|Unknown pool/u,
    'NOT_FOUND',
  ],
  [/Can't open .* exclusively|is used by another|in use|Device or resource busy/u, 'BUSY'],
];
const NONE = /Failed to find physical volume|Volume group .* not found/u;

/** LVM by its programs, with Docker's arguments (docker-devicemapper.md 1.3). */
export class LinuxVolumeGroups implements VolumeGroups {
  async inspect(device: string): Promise<PhysicalVolumeInfo | undefined> {
    const text = await this.#report(
      ['pvs', ...REPORT, '--units', 'b', '--nosuffix', '-o', 'vg_name,pv_size', device],
      device,
    );
    return text === undefined ? undefined : physicalVolumeIn(text);
  }

  async createGroup(group: string, device: string, signal?: CancelSignal): Promise<void> {
    if ((await this.inspect(device)) === undefined) await run(['pvcreate', '-f', '-y', device], device, signal);
    await run(['vgcreate', group, device], group, signal);
  }

  async createVolume(group: string, volume: string, percent: number, signal?: CancelSignal): Promise<void> {
    const size = ['--extents', `${percent}%VG`];
    await run(['lvcreate', '-y', '--wipesignatures', 'y', '-n', volume, group, ...size], `${group}/${volume}`, signal);
  }

  async convertToThinPool(
    group: string,
    volume: string,
    metadataVolume: string,
    chunkSize: Bytes,
    signal?: CancelSignal,
  ): Promise<void> {
    const pool = `${group}/${volume}`;
    const chunk = ['-c', `${chunkSize}b`];
    const parts = ['--thinpool', pool, '--poolmetadata', `${group}/${metadataVolume}`];
    await run(['lvconvert', '-y', '--zero', 'n', ...chunk, ...parts], pool, signal);
  }

  async setAutoextend(
    group: string,
    volume: string,
    profile: string,
    threshold: number,
    percent: number,
  ): Promise<void> {
    const file = join(PROFILES, `${profile}.profile`);
    try {
      await mkdir(PROFILES, { recursive: true, mode: 0o755 });
      await writeFile(file, profileText(threshold, percent), { mode: 0o600 });
    } catch (error) {
      attempt('write', file, () => {
        throw error;
      });
    }
    await run(['lvchange', '--metadataprofile', profile, `${group}/${volume}`], `${group}/${volume}`);
  }

  async listVolumes(group: string): Promise<readonly string[]> {
    const text = await this.#report(['lvs', ...REPORT, '-o', 'lv_name', group], group);
    return text === undefined ? [] : volumeNamesIn(text);
  }

  /** undefined: there is no such thing. */
  async #report(command: CommandLine, subject: string): Promise<string | undefined> {
    try {
      return await run(command, subject);
    } catch (error) {
      if (DmError.is(error) && NONE.test(error.message)) return undefined;
      throw error;
    }
  }
}

const REPORT = ['--reportformat', 'json'] as const;

export function profileText(threshold: number, percent: number): string {
  return `activation {\n  thin_pool_autoextend_threshold=${threshold}\n  thin_pool_autoextend_percent=${percent}\n}\n`;
}

async function run(command: CommandLine, subject: string, signal?: CancelSignal): Promise<string> {
  try {
    return await toolOutput(command, subject, signal);
  } catch (error) {
    throw DmError.is(error) ? lvmError(error) : error;
  }
}

function lvmError(error: DmError): DmError {
  const { errno, operation, subject, message, cause } = error;
  const isMissing = error.code === 'NOT_SUPPORTED' && errno === 'ENOENT';
  if (isMissing)
    return new DmError('UNAVAILABLE', message, {
      errno,
      operation,
      subject,
      remedy: 'Install lvm2 and thin-provisioning-tools, whose thin_check LVM needs.',
      cause,
    });
  const words = cause instanceof Error ? cause.message : message;
  const code = WORDS.find(([pattern]) => pattern.test(words))?.[1];
  const remedy = 'See pvs, vgs and lvs, and the kernel log.';
  return new DmError(code ?? (error.code === 'INVALID_ARGUMENT' ? 'IO' : error.code), message, {
    errno,
    operation,
    subject,
    remedy,
    cause,
  });
}
