// Tells how much of what the layers have mapped they share: shared-space.mjs LS.json STATUS.json
import { readFileSync } from 'node:fs';

const [layers, status] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));
const mapped = layers.reduce((sum, layer) => sum + (layer.mapped ?? 0), 0);
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
console.log(
  `  ${layers.length} layers have mapped ${megabytes(mapped)} together; the pool holds ${megabytes(status.data.used)} of data:`,
  `${megabytes(mapped - status.data.used)} are shared.`,
);
