import { spawnSync } from 'node:child_process';

export interface ToolAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the thin-provisioning-tools to its end. A tool that a signal ended counts as 128 and the signal's number. */
export function tool(name: string, ...words: readonly string[]): ToolAnswer {
  const { error, status, signal, stdout, stderr } = spawnSync(name, words, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 60_000,
  });
  if (error !== undefined) throw error;
  return { status: status ?? (signal === 'SIGABRT' ? 134 : 139), stdout, stderr };
}

/** What a tool prints; it has to end well. */
export function output(name: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = tool(name, ...words);
  if (status !== 0) throw new Error(`${name} ${words.join(' ')}: ${status} ${stderr}`);
  return stdout;
}
