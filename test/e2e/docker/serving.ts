import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { command } from '../support/dmthin.ts';

/** `dmthin serve` on the real kernel, once it listens. */
export async function startPlugin(socket: string): Promise<ChildProcess> {
  const [program = '', ...before] = command();
  const words = ['serve', '--kernel', 'ioctl', '--docker-plugin', socket];
  const child = spawn(program, [...before, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

/** Its exit status. */
export async function endPlugin(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await ended)[0];
}

export async function mountPoints(): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  return lines.map((line) => line.split(' ')[1] ?? '');
}
