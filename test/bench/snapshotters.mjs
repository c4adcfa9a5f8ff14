/**
 * Times containerd's snapshots on dmthin and on containerd's own devmapper snapshotter, in one boot and through the same
 * containerd: [ROUNDS] [LAYERS]. Prints a line of JSON for each. Run it in the guest:
 *   scripts/guest --docker --timeout 1200 -- node_modules/.bin/node test/bench/snapshotters.mjs
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinuxHost } from '../../packages/host-linux/dist/index.js';
import { Snapshots } from '../../packages/server/dist/containerd/generated/snapshots_pb.js';
import { serviceDefinition } from '../../packages/server/dist/containerd/service-definition.js';
import { create } from '../../packages/server/node_modules/@bufbuild/protobuf/dist/esm/index.js';
import grpc from '../../packages/server/node_modules/@grpc/grpc-js/build/src/index.js';
import { Containerd } from '../dist-test/e2e/containerd/containerd.js';
import { makePool, takeDown } from '../dist-test/e2e/containerd/pool.js';

const [rounds = 30, layers = 128] = process.argv.slice(2).map(Number);
const place = mkdtempSync(join(tmpdir(), 'dmthin-bench-'));
const socket = join(place, 'dmthin.sock');
const { mounts } = createLinuxHost();
const definition = serviceDefinition(Snapshots);
const metadata = new grpc.Metadata();
metadata.set('containerd-namespace', 'default');

await makePool(place, 'native-pool');
const options = ['dm.basesize=256M', 'dm.fs=ext4', 'dm.loopdatasize=1G', 'dm.loopmetadatasize=64M'];
const words = ['serve', '--kernel', 'ioctl', '--snapshotter', socket, '--root', join(place, 'root')];
const dmthin = spawn(
  process.execPath,
  ['packages/cli/bin/dmthin.js', ...words, ...options.flatMap((option) => ['--storage-opt', option])],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
await once(dmthin.stdout, 'data');
const containerd = new Containerd(join(place, 'containerd'));
await containerd.start('native-pool', socket);
const client = new grpc.Client(`unix:${join(place, 'containerd/containerd.sock')}`, grpc.credentials.createInsecure());
try {
  await timesOf('dmthin', Math.min(rounds, 10), 0); // for warming up
  for (const snapshotter of ['dmthin', 'devmapper']) {
    const times = await timesOf(snapshotter, rounds, layers);
    console.log(JSON.stringify({ snapshotter, rounds, layers, ...times }));
  }
} finally {
  client.close();
  await containerd.stop();
  dmthin.kill('SIGTERM');
  await once(dmthin, 'exit');
  await takeDown(place);
}

async function timesOf(snapshotter, rounds, layers) {
  const run = `${snapshotter}-${Math.random()}`;
  const labels = { 'containerd.io/gc.root': 'bench' };
  const ask = (method, request) => call(method, { snapshotter, labels, ...request });
  const times = { prepareEmpty: [], prepare: [], view: [], commit: [] };
  const timed = async (kind, work) => {
    const begun = performance.now();
    const answer = await work;
    times[kind].push(performance.now() - begun);
    return answer;
  };
  const write = async ([{ source, type, options }], text) => {
    const target = join(place, 'mnt');
    await mkdir(target, { recursive: true });
    await mounts.mount({ source, target, type, options });
    writeFileSync(join(target, 'file'), text);
    await mounts.unmount(target);
  };
  const emptyRounds = Math.ceil(rounds / 5);
  for (let round = 0; round < emptyRounds; round++)
    await timed('prepareEmpty', ask('prepare', { key: `${run}-empty-${round}` }));
  const base = `${run}-base`;
  await write((await ask('prepare', { key: `${base}-key` })).mounts, 'base');
  await ask('commit', { name: base, key: `${base}-key` });
  for (let round = 0; round < rounds; round++) {
    const key = `${run}-${round}`;
    const { mounts: made } = await timed('prepare', ask('prepare', { key, parent: base }));
    await write(made, key);
    await timed('commit', ask('commit', { name: `${key}-done`, key }));
    await timed('view', ask('view', { key: `${key}-view`, parent: base }));
  }
  const stackBegun = performance.now();
  let parent = base;
  for (let layer = 0; layer < layers; layer++) {
    const key = `${run}-stack-${layer}`;
    await write((await ask('prepare', { key, parent })).mounts, key);
    parent = `${key}-done`;
    await ask('commit', { name: parent, key });
  }
  const stackMs = performance.now() - stackBegun;
  const names = [];
  for (let round = 0; round < rounds; round++) names.push(`${run}-${round}-view`, `${run}-${round}-done`);
  for (let round = 0; round < emptyRounds; round++) names.push(`${run}-empty-${round}`);
  for (let layer = layers - 1; layer >= 0; layer--) names.push(`${run}-stack-${layer}-done`);
  names.push(base);
  const removeBegun = performance.now();
  for (const key of names) await ask('remove', { key });
  await containerd.collectGarbage();
  const removeMs = (performance.now() - removeBegun) / names.length;
  const medians = Object.fromEntries(Object.entries(times).map(([kind, all]) => [`${kind}Ms`, median(all)]));
  return { ...medians, removeMs, removed: names.length, layerMs: stackMs / layers };
}

function call(name, request) {
  const { path, requestSerialize, responseDeserialize } = definition[name];
  const fields = new Set(Snapshots.method[name].input.fields.map(({ localName }) => localName));
  const known = Object.fromEntries(Object.entries(request).filter(([field]) => fields.has(field)));
  const message = create(Snapshots.method[name].input, known);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, metadata, (error, answer) =>
      error === null ? resolve(answer) : reject(new Error(`${name} ${JSON.stringify(request)}: ${error.message}`)),
    );
  });
}

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}
