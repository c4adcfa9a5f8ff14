// Bundles the command: one start-up file, and a chunk for each kernel that is loaded only when it is named.
import { build } from 'esbuild';

await build({
  entryPoints: { dmthin: 'packages/cli/src/main.ts' },
  outdir: 'packages/cli/dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['@dmthin/source'],
  external: ['ffi-rs'],
  sourcemap: true,
  chunkNames: 'chunk-[name]-[hash]',
  // Bundled CommonJS libraries call require.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
});
