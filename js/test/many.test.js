// Many calls at once: they keep what each server said, and leave nothing behind.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from './support/property.js';
import { invocation } from './support/fixtures.js';
import { ManualTime, page } from './support/manual.js';

const REASONS = ['jira-burst-based', 'confluence-quota-tenant-based', 'jira-quota-global-based', 'unheard-of'];

/** Whether a refusal of one page by this reason holds another page of the same tenant, too. */
const holdsAll = (reason) => reason !== 'jira-burst-based';

test('no call is sent before what any server said of it, and each ends one way', async () => {
  const refused = fc.record({ seconds: fc.integer({ min: 1, max: 600 }), reason: fc.constantFrom(...REASONS) });
  const plan = fc.record({
    tenant: fc.constantFrom('acme', 'globex'),
    refusals: fc.array(refused, { maxLength: 3 }),
    deadline: fc.constantFrom(undefined, 0, 25_000, 900_000),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { minLength: 1, maxLength: 20 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      async (plans, seed) => {
        const time = new ManualTime();
        const headroom = time.headroom({ seed, pool: 'per-tenant' });
        const held = new Map();
        const endings = plans.map(async ({ tenant, refusals, deadline }, id) => {
          const send = async (_, { attempt }) => {
            for (const key of [tenant, id]) assert.ok(time.now >= (held.get(key) ?? 0n), `${id} was sent early`);
            const refusal = refusals[attempt - 1];
            if (!refusal) return Response.json({});
            const until = time.now + BigInt(refusal.seconds) * 1_000n;
            const key = holdsAll(refusal.reason) ? tenant : id;
            if (until > (held.get(key) ?? 0n)) held.set(key, until);
            const headers = { 'Retry-After': String(refusal.seconds), 'RateLimit-Reason': refusal.reason };
            return new Response('', { status: 429, headers });
          };
          const started = time.now;
          const call = headroom.requestWithRetry(page(id), { tenant, deadline, send });
          const { name, status } = await call.catch((error) => error);
          assert.ok(name === 'DeferredError' || name === 'RefusedError' || status === 200, name);
          if (deadline !== undefined) assert.ok(time.now <= started + BigInt(deadline), 'it slept past its deadline');
        });
        await time.run(Promise.all(endings));
        assert.deepEqual([headroom.status().openCalls, headroom.status().inFlight, time.asleep], [0, 0, 0]);
      },
    ),
  );
});

test('the same seed sends at the same instants, another one does not', async () => {
  const traceOf = async (seed) => {
    const time = new ManualTime();
    const headroom = time.headroom({ seed });
    const trace = [];
    const send = async (request, { attempt }) => {
      trace.push(`${time.now} ${request} ${attempt}`);
      return attempt < 3 ? new Response('', { status: 429, headers: { 'Retry-After': '30' } }) : Response.json({});
    };
    await time.run(Promise.all([1, 2, 3, 4, 5].map((id) => headroom.requestWithRetry(page(id), { send }))));
    return trace.join('\n');
  };
  assert.equal(await traceOf(1n), await traceOf(1n));
  assert.notEqual(await traceOf(1n), await traceOf(2n));
});

test('a rush of invocations is let through at its rate, whoever comes', async () => {
  const time = new ManualTime();
  const headroom = time.headroom({ invocations: 'forge-rfc130' });
  const perSecond = new Map();
  const { context } = invocation().val;
  const fn = () => {
    const second = (time.now / 1_000n).toString();
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  };
  const calls = Array.from({ length: 2_000 }, (_, id) =>
    headroom.invokeWithRetry(fn, id, { functionKey: 'getText', context: { ...context, account: `user-${id}` } }),
  );
  await time.run(Promise.all(calls));
  assert.ok(Math.max(...perSecond.values()) <= 300, String(Math.max(...perSecond.values())));
});

test('ten thousand calls at once leave no rejection, no timer and no memory behind', () => {
  const program = fileURLToPath(new URL('./support/crowd.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', program], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  const { outcomes, timers, openCalls, grownMiB } = JSON.parse(stdout);
  assert.deepEqual({ outcomes, timers, openCalls }, { outcomes: 10_000, timers: 0, openCalls: 0 });
  assert.ok(grownMiB < 4, `${grownMiB} MiB more than after the first crowd`);
});
