// The adapters for Forge's packages: what they ask for, how long they wait, and what they keep.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from './support/property.js';
import { consumer, deferToQueue, wrapApi } from 'headroom-forge/api';
import { wrapBridge } from 'headroom-forge/bridge';
import { createMemory } from 'headroom-forge/kvs';
import { MINUTE, NOW, SECOND } from './support/fixtures.js';
import { ManualTime, refusal } from './support/manual.js';

const require = createRequire(import.meta.url);

test('invoke asks for the rate, unwraps its value, and waits out a refusal', async () => {
  const time = new ManualTime();
  const asked = [];
  const invoke = async (...parameters) => {
    asked.push(parameters);
    if (asked.length > 1)
      return { body: { text: 'hello' }, metadata: { rateLimitProperties: { rateLimitRemaining: 299 } } };
    const rateLimitProperties = { rateLimitLimit: 300, rateLimitRemaining: 0, rateLimitReset: Number(NOW + SECOND) };
    throw Object.assign(new Error('429'), { status: 429, metadata: { rateLimitProperties } });
  };
  const bridge = wrapBridge({ invoke }, time.headroom());
  assert.deepEqual(await time.run(bridge.invoke('getText', { id: 7 })), { text: 'hello' });
  assert.deepEqual(asked, Array(2).fill(['getText', { id: 7 }, { rateLimitProperties: true }]));
  assert.ok(time.now >= NOW + SECOND);
  assert.ok(
    'metadata' in (await bridge.invoke('getText', {}, { rateLimitProperties: true })),
    'who asks for it gets it',
  );
  await assert.rejects(bridge.invoke(7), { name: 'TypeError', message: /^`functionKey` is `7`/ });
});

test('a bridge that knows of no metadata gives the value itself', async () => {
  for (const value of [undefined, null, 'text', 7, [1], { text: 'hello' }, { body: 1, other: 2 }]) {
    const bridge = wrapBridge({ invoke: async () => value }, new ManualTime().headroom());
    assert.deepEqual(await bridge.invoke('getText'), value);
  }
});

test('an answer that says none is left holds the next invocation, before anybody is refused', async () => {
  const time = new ManualTime();
  const rateLimitProperties = { rateLimitLimit: 300, rateLimitRemaining: 0, rateLimitReset: Number(NOW + MINUTE) };
  const bridge = wrapBridge({ invoke: async () => ({ body: 1, metadata: { rateLimitProperties } }) }, time.headroom());
  await bridge.invoke('getText');
  assert.equal(bridge.headroom.quotaCheck({ functionKey: 'getText' }).decision.tag, 'wait-until');
});

test('the real limiter of the bridge is waited out: 1,200 invocations, none lost', async (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: Number(NOW) });
  globalThis.__bridge = { callBridge: async () => ({ body: 'ok' }) };
  context.after(() => delete globalThis.__bridge);
  // Its index needs a browser; this file is the whole of `invoke`.
  const { invoke } = require('../node_modules/@forge/bridge/out/invoke/invoke.js');
  const time = new ManualTime();
  const ticking = (millis, signal) =>
    time.sleep(millis, signal).then(() => context.mock.timers.setTime(Number(time.now)));
  const bridge = wrapBridge({ invoke }, time.headroom({ sleep: ticking, maxAttempts: 10 }));
  const calls = Array.from({ length: 1_200 }, () => bridge.invoke('getText'));
  const endings = await time.run(Promise.allSettled(calls));
  assert.deepEqual([...new Set(endings.map(({ status, reason }) => reason?.message ?? status))], ['fulfilled']);
  assert.ok(time.now - NOW >= 50n * SECOND && time.now - NOW < 180n * SECOND, `${time.now - NOW} ms`);
});

test('requests of the bridge are carried through; a signal is heeded and not handed to it', async () => {
  const time = new ManualTime();
  const asked = [];
  const requestConfluence = async (path, init) => {
    asked.push([path, init]);
    return asked.length === 1 ? refusal(3) : Response.json({ id: 1 });
  };
  const bridge = wrapBridge({ requestConfluence }, time.headroom());
  assert.deepEqual(Object.keys(bridge).sort(), ['headroom', 'requestConfluence']);
  const { signal } = new AbortController();
  const response = await time.run(bridge.requestConfluence('/wiki/api/v2/pages/1', { method: 'GET', signal }));
  assert.deepEqual([await response.json(), asked.length], [{ id: 1 }, 2]);
  assert.deepEqual(asked[0], ['/wiki/api/v2/pages/1', { method: 'GET' }]);
  const aborted = { signal: AbortSignal.abort('no') };
  await assert.rejects(bridge.requestConfluence('/wiki/api/v2/pages/1', aborted), (reason) => reason === 'no');
  for (const wrong of [undefined, null, 'bridge']) assert.throws(() => wrapBridge(wrong), /^TypeError: `bridge`/);
});

test('a refusal by the proxy, which the real api throws, is waited out, its other errors are not', async (context) => {
  const time = new ManualTime();
  const proxied = (status, error) => new Response('', { status, headers: { 'forge-proxy-error': error } });
  const answers = [proxied(429, 'FETCH_LIMIT_EXCEEDED'), Response.json({ id: 1 })];
  globalThis.__forge_fetch__ = async () => answers.shift();
  context.after(() => delete globalThis.__forge_fetch__);
  const { asApp, route } = require('@forge/api');
  const reasons = [];
  const forge = wrapApi(asApp(), time.headroom({ onWait: ({ reason }) => reasons.push(reason) }));
  const response = await time.run(forge.requestJira(route`/rest/api/3/issue`, { method: 'POST' }));
  assert.deepEqual([await response.json(), reasons], [{ id: 1 }, ['egress']]);
  let asked = 0;
  globalThis.__forge_fetch__ = async () => ((asked += 1), proxied(403, 'BLOCKED'));
  const read = forge.requestJira(route`/rest/api/3/myself`);
  await assert.rejects(time.run(read), { name: 'PROXY_ERR', errorCode: 'BLOCKED' });
  assert.equal(asked, 1);
});

test('within a resolver no wait ends after the function would be stopped', async () => {
  const time = new ManualTime();
  const answers = [10, 10, 10];
  const requestJira = async () => (answers.length ? refusal(answers.pop(), 'jira-burst-based') : Response.json({}));
  const forge = wrapApi({ requestJira }, time.headroom());
  const resolver = forge.within('ui', async ({ requestJira, leftMs }, { payload }) => {
    await requestJira({ value: `/rest/api/3/issue/${payload}` }).catch((error) =>
      assert.equal(error.name, 'DeferredError'),
    );
    return leftMs();
  });
  assert.ok((await time.run(resolver({ payload: 'K-1' }))) > 0);
  assert.ok(time.now > NOW + 10n * SECOND && time.now <= NOW + 23n * SECOND, `${time.now - NOW} ms`);
  assert.throws(() => forge.within('cron', async () => {}), /^TypeError: `runtime`/);
  assert.throws(() => forge.within('ui'), /^TypeError: `handler`/);
});

test('what was deferred goes through a queue in hops of at most 900 seconds, and is done at last', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 30, max: 3_900 }), async (seconds) => {
      const time = new ManualTime();
      const pushed = [];
      const queue = { push: async (event) => pushed.push({ event, at: time.now }) };
      let sent = [];
      const requestJira = async () => (
        sent.push(time.now),
        sent.length === 1 ? refusal(seconds, 'jira-burst-based') : Response.json({})
      );
      const done = [];
      const work = (headroom) =>
        consumer(queue, async ({ body }, { resumeToken }) => {
          const { requestJira: request } = wrapApi({ requestJira }, headroom);
          const response = await request({ value: '/rest/api/3/myself' }, {}, { deadline: 0, resumeToken });
          done.push([body, response.status]);
        });
      const body = { key: 'K-1' };
      await work(time.headroom())({ body });
      while (pushed.length > 0) {
        const { event, at } = pushed.shift();
        assert.ok(event.delayInSeconds >= 1 && event.delayInSeconds <= 900, String(event.delayInSeconds));
        time.now = at + BigInt(event.delayInSeconds) * SECOND;
        // Each hop is another process, with nothing but the event.
        await work(time.headroom({ seed: 7n }))(event);
      }
      assert.deepEqual(done, [[body, 200]]);
      assert.ok(sent.length === 2 && sent[1] >= NOW + BigInt(seconds) * SECOND);
    }),
    { numRuns: 30 },
  );
});

test('what is no deferral is not queued', async () => {
  const queue = { push: () => assert.fail('pushed') };
  assert.throws(() => deferToQueue(queue, new Error('boom')), /^TypeError: `error`/);
  assert.throws(() => deferToQueue({}, { name: 'DeferredError' }), /^TypeError: `queue`/);
  const failing = consumer(queue, async () => Promise.reject(new Error('boom')));
  await assert.rejects(failing({ body: {} }), { message: 'boom' });
  const told = consumer(queue, async (event, resume) => [event.body, resume]);
  assert.deepEqual(await told({ body: { headroom: { resumeToken: 7 } } }), [{}, {}]);
  assert.deepEqual(await told(undefined), [{}, {}]);
});

/** Storage that fails as told. */
function storage(value) {
  const kvs = { value, get: async () => kvs.value, set: async (_, text) => void (kvs.value = text) };
  return kvs;
}

test('what one invocation learned holds in the next, and two that ran side by side are joined', async () => {
  const time = new ManualTime();
  const kvs = storage();
  const run = async (pages, answer = () => Response.json({})) => {
    const headroom = time.headroom({ quota: 100 });
    const memory = createMemory(headroom, kvs);
    const work = memory.around(async () => {
      for (let id = 0; id < pages; id += 1) {
        await headroom.requestWithRetry(`/wiki/rest/api/content/${id}`, { send: answer, deadline: 0 }).catch(() => {});
      }
      return headroom;
    });
    return work();
  };
  await run(3);
  assert.equal((await run(0)).quotaCheck('/wiki/rest/api/content/9').pointsLeft, 94);
  const beside = time.headroom({ quota: 100 });
  await run(1, () => refusal(600));
  await createMemory(beside, kvs).store();
  assert.equal(
    (await run(0)).quotaCheck('/wiki/rest/api/content/9').decision.tag,
    'wait-until',
    'a fresh one lifts nothing',
  );
});

test('storage that is lost, broken or of a newer version breaks nothing, and is told', async () => {
  const time = new ManualTime();
  const saved = time.headroom().save().bytes;
  const newer = btoa(String.fromCharCode(...saved.map((byte, at) => (at === 4 ? byte + 1 : byte))));
  for (const [value, fault] of [
    [undefined],
    [null],
    ['', 'not-a-state'],
    ['no base64!', 'not-a-state'],
    [{ a: 1 }, 'not-a-state'],
    [7, 'not-a-state'],
    [newer, 'newer-version'],
  ]) {
    const kvs = storage(value);
    const lost = [];
    const memory = createMemory(time.headroom(), kvs, { onLost: (error) => lost.push(error.fault) });
    assert.equal(await memory.around(async (a, b) => a + b)(3, 4), 7);
    assert.deepEqual([...new Set(lost)], fault ? [fault] : [], String(value));
    assert.equal(kvs.value === value, fault === 'newer-version', 'only what a newer version wrote is left as it is');
  }
  const down = { get: () => Promise.reject(new Error('down')), set: () => Promise.reject(new Error('down')) };
  const hook = () => assert.fail('a broken hook');
  assert.equal(await createMemory(time.headroom(), down, { onLost: hook }).around(async () => 7)(), 7);
  await assert.rejects(createMemory(time.headroom(), down).around(() => Promise.reject(new Error('mine')))(), {
    message: 'mine',
  });
  assert.throws(() => createMemory({}, down), /^TypeError: `headroom`/);
  assert.throws(() => createMemory(time.headroom(), {}), /^TypeError: `kvs`/);
});
