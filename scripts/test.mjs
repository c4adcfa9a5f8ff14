// Runs every check and suite, and adds up what they count.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const pnpm = `${root}.tools/node_modules/.bin/pnpm`;
const isCi = process.env.CI !== undefined && process.env.CI !== '' && process.env.CI !== 'false';
const usesSystemNode = process.versions.node.split('.')[0] !== '24';

/** scripts/guest cannot run here. */
const GUEST_UNAVAILABLE = 69;

/** A minute of them, the same each time: who looks for differences takes other seeds (docs/fidelity.md). */
const differential = [
  'node_modules/.bin/node',
  '--conditions=@dmthin/source',
  'test/differential/main.ts',
  '--seed',
  '40000',
];

/** They take minutes and much memory: once, and in a process of their own. */
const heavySuites = [
  'test/dist-test/e2e/crash/**/*.test.js',
  'test/dist-test/e2e/scale/**/*.test.js',
  'packages/snapshotter/dist-test/snapshot/crash.test.js',
];
const ignored = heavySuites.flatMap((suite) => ['--ignore', suite]);
/** On another Node, not what has no other answer there: rules without Node in them, and words that are printed. */
const ofNoNode = [
  'packages/{domain,engine}/dist-test/**/*.test.js',
  'test/dist-test/{docs,trace,differential}/**/*.test.js',
  'test/dist-test/e2e/bad-input/**/*.test.js',
  'test/dist-test/e2e/cli/{text,json,metadata}.test.js',
].flatMap((suite) => ['--ignore', suite]);
const heavy = ['--reporter', 'scripts/mocha-reporter.cjs', ...heavySuites];

/** A check passes or fails as one; a suite closes with the counts of scripts/mocha-reporter.cjs. */
const here = [
  { title: 'format and lint', command: [pnpm, 'lint'], counts: checkCounts },
  { title: 'boundaries', command: [pnpm, 'boundaries'], counts: boundaryCounts },
  { title: 'generated docs are up to date', command: [pnpm, 'docs:check'], counts: checkCounts },
  { title: 'suites on Node 24', command: [pnpm, 'exec', 'mocha', ...ignored], counts: suiteCounts },
  ...(usesSystemNode ? [systemNode()] : []),
  {
    title: 'crashes, and ten thousand layers',
    command: [pnpm, 'exec', 'mocha', '--no-config', ...heavy],
    counts: suiteCounts,
  },
];
/** Installs, before anything else runs, all that guests need. */
const boot = {
  title: 'a guest with a real kernel boots',
  command: [`${root}scripts/guest`, '--udev', '--lvm', '--docker', '--still-clock', '--', 'true'],
  counts: (status) => (status === GUEST_UNAVAILABLE ? guestCounts(status, '') : checkCounts(status)),
};
const onRealKernel = [
  { title: 'adapters on a real kernel', command: guest([], '*.guest.js', ['packages/*']), counts: guestCounts },
  { title: 'suites on a real kernel with udev', command: guest(['--udev'], '*.udev.js'), counts: guestCounts },
  { title: 'suites on a real kernel with LVM', command: guest(['--lvm'], '*.lvm.js'), counts: guestCounts },
  { title: 'suites by dmsetup on a real kernel', command: guest([], '*.dmsetup.js'), counts: guestCounts },
];
const whole = [
  { title: 'the whole on a real kernel', command: guest([], '*.guest.js', ['test']), counts: guestCounts },
  { title: 'Docker 20.10 on a real kernel', command: guest(['--docker'], '*.docker.js'), counts: guestCounts },
  { title: 'containerd 1.6 on a real kernel', command: guest(['--docker'], '*.containerd.js'), counts: guestCounts },
  {
    title: 'random calls on a real kernel, and on the fake',
    command: [`${root}scripts/guest`, '--still-clock', '--timeout', '900', '--', ...differential],
    counts: (status) => (status === GUEST_UNAVAILABLE ? guestCounts(status, '') : checkCounts(status)),
  },
];

const total = { passed: 0, failed: 0, skipped: 0 };
await oneAfterAnother([boot]);
// A guest has one processor. More at once takes as long on two, and then limits of time are missed.
await Promise.all([here, onRealKernel, whole].map(oneAfterAnother));
console.log(`\n${inWords(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** What a step prints is shown when it has ended, so that two at once stay readable. */
async function oneAfterAnother(steps) {
  for (const { title, command, counts } of steps) {
    console.log(`-- ${title} ...`);
    const begun = performance.now();
    const { status, text } = await run(command);
    const result = counts(status, text);
    const ending = status === 0 ? '' : `, ended with status ${status}`;
    const seconds = Math.round((performance.now() - begun) / 1000);
    console.log(`\n== ${title}\n${text.trimEnd()}`);
    console.log(`== ${title}: ${inWords(result)} (${seconds} s${ending})\n`);
    for (const kind of Object.keys(total)) total[kind] += result[kind];
  }
}

function run([program, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
    child.on('error', (error) => resolve({ status: 127, text: String(error) }));
    child.on('close', (code, signal) => resolve({ status: code ?? signal, text }));
  });
}

/** The Node that users have. */
function systemNode() {
  return {
    title: `suites on Node ${process.versions.node}`,
    command: [process.execPath, 'node_modules/mocha/bin/mocha.js', ...ignored, ...ofNoNode],
    counts: suiteCounts,
  };
}

/** Runs the suites of that name on the real kernel, with this checkout's node. */
function guest(options, suites, places = ['packages/*', 'test']) {
  const mocha = ['node_modules/.bin/node', 'node_modules/mocha/bin/mocha.js', '--config', 'test/guest/.mocharc.json'];
  const specs = places.flatMap((place) => ['--spec', `${place}/dist-test/**/${suites}`]);
  return [`${root}scripts/guest`, '--timeout', '2400', ...options, '--', ...mocha, ...specs];
}

function checkCounts(status) {
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/** dependency-cruiser is content with nothing at all, so it has to have looked at something. */
function boundaryCounts(status, text) {
  const modules = Number(/(\d+) modules/u.exec(text)?.[1] ?? 0);
  if (modules === 0) console.log('dependency-cruiser looked at no module');
  return checkCounts(modules === 0 ? 1 : status);
}

/** A suite that broke off before its closing line counts as one failure. */
function suiteCounts(status, text) {
  const close = /^(\d+) passed, (\d+) failed, (\d+) skipped$/mu.exec(text);
  if (close === null) return { passed: 0, failed: 1, skipped: 0 };
  const [passed, failed, skipped] = close.slice(1).map(Number);
  return { passed, failed: status === 0 || failed > 0 ? failed : 1, skipped };
}

/** scripts/guest has said on standard error what it lacks. That may be so on a laptop; a CI can install it. */
function guestCounts(status, text) {
  if (status !== GUEST_UNAVAILABLE) return suiteCounts(status, text);
  return { passed: 0, failed: isCi ? 1 : 0, skipped: isCi ? 0 : 1 };
}

function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
