import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeviceName, deviceName, sectors, type Table } from '@dmthin/domain';
import type { KernelCommand } from '@dmthin/ports';

/** A table of one target. */
export function table(sectorCount: number, type: string, params = ''): Table {
  return [{ start: sectors(0), length: sectors(sectorCount), type, params }];
}

/** Create, load, resume. */
export function activation(device: DeviceName, lines: Table): readonly KernelCommand[] {
  return [
    { command: 'create', device },
    { command: 'load', device, table: lines },
    { command: 'resume', device },
  ];
}

let counter = 0;
/** A name that no other test has. */
export function freshName(stem: string): DeviceName {
  counter += 1;
  return deviceName(`dmthin-test-${process.pid}-${stem}-${counter}`);
}

export interface LoopDevice {
  readonly path: string;
  detach(): void;
}

/** A loop device over a sparse file; its size is in sectors of 512 bytes. */
export function loopDevice(sectorCount: number): LoopDevice {
  const directory = mkdtempSync(join(tmpdir(), 'dmthin-loop-'));
  const file = join(directory, 'disk');
  writeFileSync(file, '');
  truncateSync(file, sectorCount * 512);
  const path = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
  return {
    path,
    detach: () => {
      execFileSync('losetup', ['--detach', path]);
      rmSync(directory, { recursive: true });
    },
  };
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Runs a module as a process of its own; `status` is the signal that ended it, where one did. */
export function runModule(
  script: string,
  asUser?: number,
): { status: number | string | null; output: string; ms: number } {
  const begun = performance.now();
  const options = {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    timeout: 60_000,
    ...(asUser && { uid: asUser, gid: asUser }),
  } as const;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', script],
    options,
  );
  return { status: signal ?? status, output: stdout + stderr, ms: performance.now() - begun };
}
