// What a transport can get wrong, and clocks that are not ours.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { monotonicClock, systemClock } from '@bytecodealliance/preview3-shim/clocks';
import { random } from '@bytecodealliance/preview3-shim/random';
import { createClient } from 'headroom-forge/component';
import * as host from '../../src/host.js';
import { readPage, response, rest, unlogged } from '../support/fixtures.js';

const skip =
  typeof WebAssembly.Suspending === 'function'
    ? false
    : `node ${process.versions.node} has no JSPI; \`npm ci\` brings node 24`;

/** Written once only, so that one attempt is all. */
const write = rest('POST', '/wiki/rest/api/content');

const throwing = (error) => () => {
  throw error;
};

const FAILURES = [
  ['an attempt error', throwing({ tag: 'timed-out' }), { tag: 'timed-out' }],
  ['a timeout', () => Promise.reject(new DOMException('', 'TimeoutError')), { tag: 'timed-out' }],
  ['an error', throwing(new TypeError('fetch failed')), { tag: 'other', val: 'fetch failed' }],
  ['a text', throwing('no network'), { tag: 'other', val: 'no network' }],
  ['nothing', () => undefined, { tag: 'other', val: '`send` gave no answer but `undefined`: see the type `Answer`' }],
  [
    'half an answer',
    () => ({ tag: 'response', val: { status: 200 } }),
    { tag: 'other', val: '`send` gave no answer but `response`: see the type `Answer`' },
  ],
];

test('a transport that fails is a failed call, never a broken client', { skip }, async () => {
  let send;
  const client = await createClient({ send: () => send() });
  for (const [name, failing, attemptError] of FAILURES) {
    send = failing;
    const cause = { tag: 'attempt', val: attemptError };
    const ending = { tag: 'failed', val: cause };
    assert.deepEqual(unlogged(await client.invokeWithRetry(write)), { ending, attempts: 1 }, name);
    send = () => response(200);
    assert.equal((await client.invokeWithRetry(write)).ending.tag, 'success', name);
  }
  // Had one of them been left open, this would be refused.
  await client.configure(await client.defaultConfig());
});

test('a wrong operation rejects and leaves the client as it was', { skip }, async () => {
  const client = await createClient({ send: () => response(200) });
  await assert.rejects(client.invokeWithRetry({ tag: 'rest', val: {} }), TypeError);
  await assert.rejects(client.invokeWithRetry(undefined), TypeError);
  assert.equal((await client.invokeWithRetry(readPage())).ending.tag, 'success');
  await client.configure(await client.defaultConfig());
});

test('the clocks and the randomness of preview3-shim fit as well', { skip }, async () => {
  const client = await createClient({ send: () => response(200), monotonicClock, systemClock, random });
  assert.equal((await client.invokeWithRetry(readPage())).ending.tag, 'success');
});

test('our clocks agree with the machine and never wait too short', async () => {
  const { seconds, nanoseconds } = host.systemClock.now();
  assert.ok(Math.abs(Number(seconds) * 1000 + nanoseconds / 1e6 - Date.now()) < 1000);
  const start = host.monotonicClock.now();
  await host.monotonicClock.waitFor(3_000_000n);
  assert.ok(host.monotonicClock.now() - start >= 3_000_000n);
  await host.monotonicClock.waitFor(0n);
  assert.notEqual(host.random.getRandomU64(), host.random.getRandomU64());
});
