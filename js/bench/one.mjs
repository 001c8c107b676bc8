// One figure, in a process of its own: `node bench/one.mjs FIGURE CALLS [PEER]` prints it as JSON.
//
// `micros` are of processor time and for one call, since a machine has other things to do, too; `millis` pass for all.

const PATH = '/wiki/rest/api/content/1';

const FIGURES = {
  async functions(calls, peer) {
    const { FUNCTIONS } = await import('./peers.mjs');
    return best(() => atOnce(calls, FUNCTIONS[peer].load));
  },
  async clients(calls, peer) {
    const { CLIENTS } = await import('./peers.mjs');
    return best(() => atOnce(calls, CLIENTS[peer].load));
  },
  async quotaCheck(calls) {
    const { createHeadroom } = await import('headroom-forge');
    const headroom = createHeadroom();
    return best(() => inTurn(calls, () => headroom.quotaCheck(PATH)));
  },
  /** What the component and its bindings take of it: nothing is read or checked. */
  async planner(calls) {
    const { Limiter, defaultConfig } = await import('../src/planner.js');
    const limiter = new Limiter(defaultConfig(), 1n);
    const operation = { tag: 'rest', val: { tenant: '', method: 'GET', path: PATH, headers: [] } };
    return best(() => inTurn(calls, () => limiter.quotaCheck(operation, {}, BigInt(Date.now()))));
  },
  /** From `import` to the first decision. */
  async firstDecision() {
    const start = performance.now();
    const { createHeadroom } = await import('headroom-forge');
    createHeadroom().quotaCheck(PATH);
    return { millis: performance.now() - start };
  },
};

/** All calls at once. */
async function atOnce(calls, load) {
  const call = await load(calls);
  return timed(calls, () => Promise.all(Array.from({ length: calls }, (_, id) => call(id))));
}

/** One call after the other. */
function inTurn(calls, call) {
  return timed(calls, () => {
    for (let n = 0; n < calls; n += 1) call();
  });
}

async function timed(calls, run) {
  const start = { cpu: process.cpuUsage(), now: performance.now() };
  await run();
  const { user, system } = process.cpuUsage(start.cpu);
  return { micros: (user + system) / calls, millis: performance.now() - start.now };
}

/** The best of some rounds: caches of a busy machine are cold at times, and never warmer than warm. */
async function best(round, rounds = 5) {
  const figures = [];
  for (let n = 0; n < rounds; n += 1) figures.push(await round());
  return figures.reduce((least, figure) => (figure.micros < least.micros ? figure : least));
}

const [figure, calls, peer] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await FIGURES[figure](Number(calls), peer))}\n`);
// Some keep timers that would hold the process for minutes.
process.exit();
