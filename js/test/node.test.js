// The adapter for servers on Node, over the loopback interface.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { limitErrors, middleware, siteFetch } from 'headroom-forge/node';
import { NOW, SECOND } from './support/fixtures.js';
import { ManualTime, refusal } from './support/manual.js';

/** Serves with this middleware, runs the work with the address, and closes. */
async function serving(headroom, options, handler, work) {
  const failed = [];
  const server = createServer((request, response) => {
    middleware(headroom, options)(request, response, () => {
      const next = (error) => (failed.push(error), response.end('next'));
      handler(request, response).catch((error) => limitErrors()(error, request, response, next));
    });
  });
  server.listen(0, '127.0.0.1');
  // A test that times out ends all the same.
  server.unref();
  await once(server, 'listening');
  try {
    await work(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return failed;
}

test('a deferred call is 503 with the seconds to wait, a refused one 502, anything else goes on', async () => {
  const headroom = new ManualTime().headroom({ maxAttempts: 1 });
  const answers = {
    '/late': () => refusal(1_847),
    '/never': () => refusal(1),
    '/broken': () => Promise.reject(new Error('boom')),
  };
  const handler = async (request, response) => {
    const send = answers[request.url] ?? (() => Response.json({}));
    const tenant = request.url;
    const { status } = await request.headroom.requestWithRetry('/rest/api/3/myself', { send, tenant });
    response.end(String(status));
  };
  const failed = await serving(headroom, {}, handler, async (address) => {
    // With one attempt allowed, a first refusal is the last; what it held is deferred for whoever comes after it.
    assert.equal((await fetch(`${address}never`)).status, 502);
    await fetch(`${address}late`);
    const late = await fetch(`${address}late`);
    assert.deepEqual([late.status, Number(late.headers.get('retry-after')) >= 1_847], [503, true]);
    assert.match((await late.json()).error, /^deferred until/);
    assert.equal(await (await fetch(`${address}fine`)).text(), '200');
    assert.equal(await (await fetch(`${address}broken`)).text(), 'next');
  });
  assert.deepEqual(
    failed.map(({ message }) => message),
    ['boom'],
  );
});

test('a client that goes away takes its calls with it', { timeout: 20_000 }, async () => {
  const time = new ManualTime();
  const waits = withResolvers();
  const ended = withResolvers();
  const handler = async (request) => {
    const send = () => refusal(10);
    await request.headroom.requestWithRetry('/x', { send }).catch(({ message }) => ended.resolve(message));
  };
  const headroom = time.headroom({ onWait: waits.resolve });
  await serving(headroom, {}, handler, async (address) => {
    const client = new AbortController();
    const asked = fetch(address, { signal: client.signal }).catch(() => {});
    await waits.promise;
    client.abort();
    await asked;
    assert.equal(await ended.promise, 'the client went away');
  });
  assert.deepEqual([headroom.status().openCalls, time.asleep], [0, 0]);
});

test('tenant and user are those of the request, and no wait is longer than its client', async () => {
  const time = new ManualTime();
  const headroom = time.headroom({ userCap: 2 });
  const options = { deadlineMs: 5_000, tenant: () => 'acme', user: ({ headers }) => headers['x-user'] };
  const handler = async (request, response) => {
    const answer = await request.headroom.requestWithRetry('/wiki/rest/api/content/1', {
      send: () => Response.json({}),
    });
    response.end(`${answer.status} ${request.headroom.quotaCheck('/wiki/rest/api/content/1').decision.tag}`);
  };
  await serving(headroom, options, handler, async (address) => {
    const of = async (user) => (await fetch(address, { headers: { 'x-user': user } })).status;
    assert.deepEqual([await of('ada'), await of('ada'), await of('grace')], [200, 503, 200]);
  });
  assert.equal(time.now, NOW, 'nothing was slept');
});

test('one site of a 3LO app is a path away, and each attempt asks for a token', async () => {
  const time = new ManualTime();
  let tokens = 0;
  const sent = [];
  const answering = async (url, { headers, method }) => {
    sent.push([url, headers.get('authorization'), method]);
    return sent.length === 1 ? refusal(2) : Response.json({ id: 1 });
  };
  const site = { cloudId: '11-22', product: 'jira', token: async () => `t${(tokens += 1)}`, fetch: answering };
  const jira = siteFetch(time.headroom({ pool: 'per-tenant' }), site);
  const response = await time.run(
    jira('/rest/api/3/myself', { method: 'GET', headers: { accept: 'application/json' } }),
  );
  assert.deepEqual(await response.json(), { id: 1 });
  const url = 'https://api.atlassian.com/ex/jira/11-22/rest/api/3/myself';
  assert.deepEqual(sent, [
    [url, 'Bearer t1', 'GET'],
    [url, 'Bearer t2', 'GET'],
  ]);
  assert.ok(time.now >= NOW + 2n * SECOND);
  await assert.rejects(jira('rest/api'), /^TypeError: `path`/);
  for (const [wrong, name] of [
    [undefined, 'site.cloudId'],
    [{ cloudId: 7 }, 'site.cloudId'],
    [{ cloudId: 'a' }, 'site.product'],
  ]) {
    assert.throws(
      () => siteFetch(time.headroom(), wrong),
      (error) => error.message.startsWith(`\`${name}\``),
    );
  }
  assert.throws(() => middleware(time.headroom(), { deadlineMs: '5' }), /^TypeError: `options.deadlineMs`/);
});

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers() {
  const promise = {};
  promise.promise = new Promise((resolve) => (promise.resolve = resolve));
  return promise;
}
