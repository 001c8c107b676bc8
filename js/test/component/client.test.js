// The client world through JSPI, in virtual time: hundreds of calls at once, and no real waiting.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'headroom-forge/component';
import { NEXT_HOUR, NOW, SECOND, invocation, readPage, response, unlogged } from '../support/fixtures.js';
import { VirtualWorld } from '../support/virtual.js';

const skip =
  typeof WebAssembly.Suspending === 'function'
    ? false
    : `node ${process.versions.node} has no JSPI; \`npm ci\` brings node 24`;

/** Refuses every third page on its first attempt, by turns for 0 and for 1 second; notes what was sent when. */
function refusingServer() {
  const sent = [];
  const notBefore = new Map();
  const send = async (operation, attempt, world) => {
    const page = Number(operation.val.path.split('/').pop());
    sent.push({ page, attempt, at: world.now });
    const early = (notBefore.get(page) ?? 0n) - world.now;
    assert.ok(early <= 0n, `page ${page} came ${early} ms early`);
    await world.roundTrip(100);
    if (attempt > 1 || page % 3 !== 0) return response(200);
    const seconds = BigInt((page / 3) % 2);
    notBefore.set(page, world.now + seconds * SECOND);
    return response(429, { 'Retry-After': seconds, 'RateLimit-Reason': 'jira-burst-based' });
  };
  return { sent, send };
}

/** Reads so many pages at once, paced by this bucket. */
async function pages(count, seed, burst = { perSecond: 1_000, capacity: 1_000 }) {
  const world = new VirtualWorld(NOW);
  const { sent, send } = refusingServer();
  const client = await world.client(send, seed);
  const config = await client.defaultConfig();
  await client.configure({ ...config, burst });
  const outcomes = await Promise.all(
    Array.from({ length: count }, (_, page) => client.invokeWithRetry(readPage(page))),
  );
  return { world, client, sent, outcomes };
}

test('hundreds of concurrent calls all succeed, none earlier than the server said', { skip }, async () => {
  const { outcomes, sent, world } = await pages(400, 1n);
  assert.deepEqual([...new Set(outcomes.map(({ ending }) => ending.tag))], ['success']);
  const attempts = outcomes.map(({ attempts }) => attempts);
  assert.deepEqual([...new Set(attempts)].sort(), [1, 2]);
  assert.equal(
    sent.length,
    attempts.reduce((sum, count) => sum + count),
  );
  assert.ok(sent.length >= 400 + 134 && world.now - NOW < 10n * SECOND, `${sent.length} sent in ${world.now - NOW} ms`);
});

test('all calls of one client share one limiter', { skip }, async () => {
  const { client, sent } = await pages(120, 2n, { perSecond: 50, capacity: 20 });
  // 120 reads at 2 points; what was refused costs nothing.
  assert.equal((await client.quotaCheck(readPage())).pointsLeft, 65_000 - 240);
  // The bucket of 20 that refills at 50 per second holds for all of them together.
  for (const { at } of sent) {
    const within = sent.filter((other) => other.at >= at && other.at < at + SECOND).length;
    assert.ok(within <= 70, `${within} sent within a second`);
  }
  assert.equal(sent.filter(({ at }) => at === NOW).length, 20);
});

test('the same seed gives the same trace', { skip }, async () => {
  const [first, second, other] = [await pages(60, 3n), await pages(60, 3n), await pages(60, 4n)];
  assert.deepEqual(first.sent, second.sent);
  assert.notDeepEqual(first.sent, other.sent);
});

test('two clients know nothing of each other', { skip }, async () => {
  const world = new VirtualWorld(NOW);
  const send = async () => response(200);
  const [one, two] = [await world.client(send), await world.client(send)];
  await one.invokeWithRetry(readPage());
  assert.equal((await one.quotaCheck(readPage())).pointsLeft, 64_998);
  assert.equal((await two.quotaCheck(readPage())).pointsLeft, 65_000);
});

test('a wait that passes the deadline is deferred at once', { skip }, async () => {
  const world = new VirtualWorld(NOW);
  const client = await world.client(async () => response(200));
  await client.configure({ ...(await client.defaultConfig()), quota: 2 });
  assert.equal((await client.invokeWithRetry(readPage())).ending.tag, 'success');
  const { ending, attempts } = await client.invokeWithRetry(readPage(), { deadline: 25n * SECOND });
  const { tag, val } = ending;
  assert.equal(tag, 'deferred');
  assert.equal(world.now, NOW);
  assert.equal(attempts, 0);
  assert.ok(val.notBefore >= NEXT_HOUR && val.notBefore <= NEXT_HOUR + SECOND);
  assert.deepEqual(val.limit, { kind: { tag: 'points-quota' }, scope: { tag: 'app' } });
});

test('without a deadline the wall is waited out', { skip }, async () => {
  const world = new VirtualWorld(NOW);
  const client = await world.client(async () => response(200));
  await client.configure({ ...(await client.defaultConfig()), quota: 2 });
  await client.invokeWithRetry(readPage());
  assert.equal((await client.invokeWithRetry(readPage())).ending.tag, 'success');
  assert.ok(world.now >= NEXT_HOUR && world.now <= NEXT_HOUR + SECOND, `${world.now - NEXT_HOUR} ms after the hour`);
});

test('an invocation is handed on as it is, and its result comes back as it is', { skip }, async () => {
  const world = new VirtualWorld(NOW);
  let seen;
  const client = await world.client(async (operation, attempt) => {
    seen = { operation, attempt };
    return { tag: 'resolved', val: '{"text":"Grüße"}' };
  });
  const operation = invocation();
  const outcome = await client.invokeWithRetry(operation);
  assert.deepEqual(seen, { operation, attempt: 1 });
  assert.deepEqual(unlogged(outcome), {
    ending: { tag: 'success', val: { tag: 'resolved', val: '{"text":"Grüße"}' } },
    attempts: 1,
  });
});

test('configuring is refused while calls are open, and out of range', { skip }, async () => {
  const world = new VirtualWorld(NOW);
  const { promise: answered, resolve: answer } = Promise.withResolvers();
  const client = await createClient({ send: () => answered });
  const config = await client.defaultConfig();
  await assert.rejects(client.configure({ ...config, maxAttempts: 0 }), { name: 'ConfigError', field: 'maxAttempts' });
  const call = client.invokeWithRetry(readPage());
  await assert.rejects(client.configure(config), { name: 'ConfigError', field: 'calls' });
  answer(response(200));
  assert.equal((await call).ending.tag, 'success');
  await client.configure(config);
  assert.equal(world.now, NOW);
});
