// Runs every check and suite, one after another, and adds up what they count.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const pnpm = `${root}.tools/node_modules/.bin/pnpm`;
const usesSystemNode = process.versions.node.split('.')[0] !== '24';

/** A check passes or fails as one; a suite closes with the counts of scripts/mocha-reporter.cjs. */
const steps = [
  { title: 'format and lint', command: [pnpm, 'lint'], counts: checkCounts },
  { title: 'boundaries', command: [pnpm, 'boundaries'], counts: boundaryCounts },
  { title: 'generated docs are up to date', command: [pnpm, 'docs:check'], counts: checkCounts },
  { title: 'suites on Node 24', command: [pnpm, 'exec', 'mocha'], counts: suiteCounts },
  ...(usesSystemNode
    ? [
        {
          title: `suites on Node ${process.versions.node}`,
          command: [process.execPath, 'node_modules/mocha/bin/mocha.js'],
          counts: suiteCounts,
        },
      ]
    : []),
];

const total = { passed: 0, failed: 0, skipped: 0 };
for (const { title, command, counts } of steps) {
  console.log(`\n== ${title}`);
  const { status, text } = await run(command);
  const result = counts(status, text);
  console.log(`== ${title}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
  for (const kind of Object.keys(total)) total[kind] += result[kind];
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;

function run([program, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      process.stdout.write(chunk);
    });
    child.on('error', (error) => resolve({ status: 127, text: String(error) }));
    child.on('close', (code) => resolve({ status: code ?? 1, text }));
  });
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
