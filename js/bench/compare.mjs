// What the driver costs, beside what people use, in one run: `npm run bench -- [CALLS]`.
//
// All of them carry the same calls through, which are answered at once, so their own work is what is measured: processor
// time, since a machine has other things to do, too. Only ours counts what the calls cost and keeps to what a server says;
// the others are told a number, or try again.

import { spawnSync } from 'node:child_process';
import Bottleneck from 'bottleneck';
import { createHeadroom } from 'headroom-forge';
import pRetry from 'p-retry';

const CALLS = Number(process.argv[2] ?? 2_000);
if (!Number.isSafeInteger(CALLS) || CALLS < 1) {
  process.stderr.write(`error: \`${process.argv[2]}\` is no number of calls: pass a whole number, 1 or more\n`);
  process.exit(2);
}

const work = async (id) => ({ id });
const PATH = '/wiki/rest/api/content/1';

const PEERS = {
  'no library': () => work,
  headroom: () => {
    const headroom = createHeadroom({ invocations: 'forge-current' });
    // A scheduled function has no rate to keep to: nothing but the driver's own work is left.
    const options = { functionKey: 'work', context: { trigger: 'scheduled' } };
    return (id) => headroom.invokeWithRetry(work, id, options);
  },
  bottleneck: () => {
    const limiter = new Bottleneck({ maxConcurrent: null, reservoir: CALLS });
    return (id) => limiter.schedule(work, id);
  },
  'p-retry': () => (id) => pRetry(() => work(id)),
};

/** Microseconds of processor time for one of so many calls at once. */
async function atOnce(call) {
  const start = process.cpuUsage();
  await Promise.all(Array.from({ length: CALLS }, (_, id) => call(id)));
  return since(start) / CALLS;
}

function quotaCheck() {
  const headroom = createHeadroom();
  const start = process.cpuUsage();
  for (let n = 0; n < CALLS; n += 1) headroom.quotaCheck(PATH);
  return since(start) / CALLS;
}

/** Milliseconds of processor time from `import` to the first decision, in a process of its own. */
function firstDecision() {
  const index = new URL('../src/index.js', import.meta.url).href;
  const program = `const start = process.cpuUsage();
    const { createHeadroom } = await import('${index}');
    createHeadroom().quotaCheck('${PATH}');
    const { user, system } = process.cpuUsage(start);
    console.log(user + system);`;
  return (
    Number(spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).stdout) / 1_000
  );
}

function since(start) {
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** The best of some rounds: caches of a busy machine are cold at times, and never warmer than warm. */
async function best(round, rounds = 5) {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < rounds; n += 1) least = Math.min(least, await round());
  return least;
}

const row = (what, figure, unit) => console.log(`${what.padEnd(44)}${figure.toFixed(1).padStart(9)} ${unit}`);

console.log(`node ${process.versions.node}, ${CALLS} calls at once`);
for (const [name, make] of Object.entries(PEERS)) row(`one call: ${name}`, await best(() => atOnce(make())), 'µs');
row('quotaCheck (to reach: 5 µs)', await best(quotaCheck), 'µs');
row('import to first decision (to reach: 60 ms)', await best(firstDecision), 'ms');
