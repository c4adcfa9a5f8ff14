// Bundles the command: one start-up file, a chunk for each kernel that is loaded only when it is named, and the modules
// of worker threads, which are started by their names beside the chunks. They share the chunks, and so the classes.
import { readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const outdir = 'packages/cli/dist';
// The chunks of earlier builds have other names, and would be published.
for (const name of readdirSync(outdir)) if (name.startsWith('chunk-')) rmSync(`${outdir}/${name}`);
await build({
  entryPoints: {
    dmthin: 'packages/cli/src/main.ts',
    'kernel-thread': 'packages/kernel-ioctl/src/thread/kernel-thread.ts',
    'host-thread': 'packages/host-linux/src/thread/host-thread.ts',
    'machine-thread': 'packages/container/src/machine/machine-thread.ts',
  },
  outdir,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['@dmthin/source'],
  external: ['ffi-rs', 'lmdb'],
  // Read at every start: the source maps have the lines as they were.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  chunkNames: 'chunk-[name]-[hash]',
  // Bundled CommonJS libraries call require.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
});
