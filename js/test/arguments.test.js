// Whatever a JavaScript caller can get wrong names its argument, or is understood.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from './support/property.js';
import { createHeadroom, explain } from 'headroom-forge';
import { headersOf, rejectedAnswer } from '../src/answer.js';
import { ManualTime, page } from './support/manual.js';

const headroom = new ManualTime().headroom({ fetch: async () => Response.json({}) });
const named = (name) => (error) => error instanceof TypeError && error.message.startsWith(`\`${name}\` `);

/** Options, and the argument that each error must name. */
const OPTIONS = [
  [7, 'options'],
  ['ui', 'options'],
  [{ deadlin: 1 }, 'options'],
  [{ deadline: Number.NaN }, 'options.deadline'],
  [{ deadline: '25000' }, 'options.deadline'],
  [{ deadline: -1 }, 'options.deadline'],
  [{ deadline: 2n ** 64n }, 'options.deadline'],
  [{ deadline: null }, 'options.deadline'],
  [{ maxAttempts: 1.5 }, 'options.maxAttempts'],
  [{ maxAttempts: 2 ** 32 }, 'options.maxAttempts'],
  [{ idempotent: 'yes' }, 'options.idempotent'],
  [{ runtime: 'lambda' }, 'options.runtime'],
  [{ priority: 'high' }, 'options.priority'],
  [{ resumeToken: 7 }, 'options.resumeToken'],
  [{ signal: {} }, 'options.signal'],
  [{ tenant: 7 }, 'options.tenant'],
  [{ context: { trigger: 'cron' } }, 'options.context.trigger'],
  [{ context: { account: 7 } }, 'options.context.account'],
];

test('a wrong option of a call is a TypeError that names it, and nothing is sent', async () => {
  for (const [options, name] of OPTIONS) {
    await assert.rejects(headroom.requestWithRetry(page(), options), named(name), name);
    await assert.rejects(
      headroom.invokeWithRetry(() => assert.fail('sent'), 1, options),
      named(name),
      name,
    );
    assert.throws(() => headroom.quotaCheck(page(), options), named(name), name);
  }
  assert.equal(headroom.status().openCalls, 0);
});

test('a wrong option of the driver is an error that names it', () => {
  for (const [options, name] of [
    [7, ''],
    [{ qota: 1 }, 'options'],
    [{ quota: '65000' }, 'quota'],
    [{ quota: Number.NaN }, 'quota'],
    [{ pool: 'shared' }, 'pool'],
    [{ burst: 100 }, 'burst'],
    [{ burst: { perSecond: '1' } }, 'burst.perSecond'],
    [{ maxElapsed: Number.POSITIVE_INFINITY }, 'maxElapsed'],
    [{ windows: { per: 'app', limit: 1, span: 1_000 } }, 'windows'],
    [{ windows: [7] }, 'windows[0]'],
    [{ windows: [{ per: 'page', limit: 1, span: 1_000 }] }, 'windows[0].per'],
    [{ windows: [{ per: 'app', limit: 1 }] }, 'windows[0].span'],
    [{ seed: 0.5 }, 'seed'],
    [{ seed: -1n }, 'seed'],
    [{ now: 7 }, 'now'],
    [{ onWait: 'log' }, 'onWait'],
    [{ defaults: { deadline: '1' } }, 'defaults.deadline'],
  ]) {
    assert.throws(() => createHeadroom(options), name ? named(name) : TypeError, name);
  }
  assert.throws(() => createHeadroom({ quota: 0 }), { name: 'ConfigError', field: 'quota' });
  assert.throws(() => createHeadroom({ now: () => new Date(Number.NaN) }).status(), named('now()'));
});

test('what is no request, no function and no memory says so', async () => {
  for (const wrong of [undefined, null, 7, '', {}, { path: '' }, 'wiki/rest', { path: 'rest/api' }, 'https://']) {
    await assert.rejects(headroom.requestWithRetry(wrong), named('request'), String(wrong));
    await assert.rejects(headroom.fetch(wrong), named('request'));
    assert.throws(() => headroom.quotaCheck(wrong), named('request'));
  }
  await assert.rejects(headroom.requestWithRetry({ path: '/x', method: 7 }), named('request.method'));
  for (const wrong of [undefined, 'getText', {}]) await assert.rejects(headroom.invokeWithRetry(wrong), named('fn'));
  for (const wrong of [undefined, 'text', [1], new ArrayBuffer(8)])
    assert.throws(() => headroom.restore(wrong), named('saved'));
  assert.throws(() => headroom.setUsers(7, 1), named('tenant'));
  assert.throws(() => headroom.setUsers('acme', '1'), named('users'));
  for (const wrong of [undefined, null]) await assert.rejects(explain(wrong), named('what'));
});

test('a request is understood in every form, and its tenant is found', async () => {
  const forms = [
    ['/wiki/rest/api/content/1#top', ''],
    [page(), 'acme.atlassian.net'],
    [new URL(page()), 'acme.atlassian.net'],
    [new Request(page()), 'acme.atlassian.net'],
    [{ path: '/wiki/rest/api/content/1', tenant: 'globex' }, 'globex'],
    [{ url: page() }, 'acme.atlassian.net'],
    [{ value: '/wiki/rest/api/content/1' }, ''],
    ['https://api.atlassian.com/ex/confluence/11-22/wiki/rest/api/content/1', '11-22'],
  ];
  for (const [form, tenant] of forms) {
    const limiter = new ManualTime().headroom({ pool: 'per-tenant', fetch: async () => Response.json({}) });
    assert.equal(limiter.quotaCheck(form).cost.likely, 2, String(form));
    await limiter.requestWithRetry(form);
    assert.deepEqual(
      limiter.status().pools.map(({ scope }) => scope.val),
      [tenant],
      String(form),
    );
  }
});

test('a body is sent with every attempt, even if it can be read once only', async () => {
  const bytes = new TextEncoder().encode('{"a":1}');
  const stream = () => new ReadableStream({ start: (to) => (to.enqueue(bytes), to.close()) });
  const forms = [
    (headroom) => headroom.fetch(page(), { method: 'POST', body: '{"a":1}' }),
    (headroom) => headroom.fetch(page(), { method: 'POST', body: stream(), duplex: 'half' }),
    (headroom) => headroom.fetch(new Request(page(), { method: 'POST', body: '{"a":1}' })),
    (headroom) => headroom.requestWithRetry({ url: page(), method: 'POST', body: stream() }),
    (headroom) => headroom.requestWithRetry({ url: page(), method: 'POST', body: '{"a":1}', headers: { a: 'b' } }),
  ];
  for (const form of forms) {
    const time = new ManualTime();
    const bodies = [];
    const fetch = async (input, init) => {
      const request = new Request(input, init);
      bodies.push(`${request.method} ${await request.text()}`);
      return bodies.length < 3 ? new Response('', { status: 429, headers: { 'retry-after': '1' } }) : Response.json({});
    };
    assert.equal((await time.run(form(time.headroom({ fetch })))).status, 200);
    assert.deepEqual(bodies, Array(3).fill('POST {"a":1}'), String(form));
  }
});

test('header fields mean the same in every form that they come in', () => {
  const name = fc.stringMatching(/^[a-z][a-z-]{0,8}$/);
  const value = fc.stringMatching(/^[!-~]{1,12}$/);
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([name]) => name }), (pairs) => {
      const want = pairs.map(([name, value]) => ({ name, value }));
      const sorted = (headers) => headersOf(headers).sort((a, b) => (a.name < b.name ? -1 : 1));
      want.sort((a, b) => (a.name < b.name ? -1 : 1));
      const forEachOnly = { forEach: (tell) => pairs.forEach(([name, value]) => tell(value, name)) };
      const lists = Object.fromEntries(pairs.map(([name, value]) => [name, [value]]));
      for (const form of [pairs, new Map(pairs), new Headers(pairs), Object.fromEntries(pairs), lists, forEachOnly]) {
        assert.deepEqual(sorted(form), want);
      }
    }),
  );
  assert.deepEqual(headersOf(undefined), []);
  assert.deepEqual(headersOf({ 'retry-after': 5, none: undefined }), [{ name: 'retry-after', value: '5' }]);
  for (const wrong of ['Retry-After: 5', 7, ['a', 'b'], [['a', 'b', 'c']]])
    assert.throws(() => headersOf(wrong), named('headers'));
});

test('a response that was read, or is none, is told apart', async () => {
  const time = new ManualTime();
  const read = async () => {
    const response = Response.json({ id: 1 });
    await response.text();
    return response;
  };
  assert.equal((await time.headroom().requestWithRetry('/x', { send: read })).status, 200);
  for (const wrong of [undefined, 'ok', {}, { status: '200' }, { status: 200, headers: 'a' }]) {
    const call = time.headroom().requestWithRetry('/x', { send: () => wrong, idempotent: false });
    await assert.rejects(time.run(call), TypeError);
  }
});

test('any error becomes json, whatever it holds, and its limits are kept', () => {
  const properties = { rateLimitReset: 30 };
  const circular = Object.assign(new Error('429'), { status: 429, metadata: { rateLimitProperties: properties } });
  circular.request = {
    circular,
    socket: {
      get broken() {
        throw new Error('getter');
      },
    },
  };
  const { status, metadata, message } = JSON.parse(rejectedAnswer(circular).val);
  assert.deepEqual([status, metadata.rateLimitProperties, message], [429, properties, '429']);
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true }), (value) => {
      const { tag, val } = rejectedAnswer(value);
      assert.equal(tag, 'rejected');
      JSON.parse(val);
    }),
  );
});
