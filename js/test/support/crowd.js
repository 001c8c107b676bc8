// Crowds of 10,000 calls, each a third answered, deferred and failed; prints what the second one left behind.

import { createHeadroom } from 'headroom-forge';

const CALLS = 10_000;
const headroom = createHeadroom({ burst: { perSecond: 1_000, capacity: 100_000 } });

async function fn(id) {
  if (id % 3 === 0) return { id };
  const reset =
    id % 3 === 1 ? { metadata: { rateLimitProperties: { rateLimitReset: Date.now() + 30_000 } }, status: 429 } : {};
  throw Object.assign(new Error('no'), reset);
}

async function crowd() {
  const context = (id) => ({ installation: `site-${id}`, trigger: 'ui' });
  const calls = Array.from({ length: CALLS }, (_, id) =>
    headroom.invokeWithRetry(fn, id, { functionKey: 'f', context: context(id), deadline: 5_000 }),
  );
  return (await Promise.allSettled(calls)).length;
}

/** In use after what can be collected was. Finalizers run in a later turn, so twice. */
async function memory() {
  for (let n = 0; n < 3; n += 1) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

// The first crowd stretches the component's own memory, which never shrinks but is used again.
await crowd();
const before = await memory();
const outcomes = await crowd();
const grownMiB = ((await memory()) - before) / 2 ** 20;
const timers = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
const { openCalls } = headroom.status();
console.log(JSON.stringify({ outcomes, timers, openCalls, grownMiB }));
