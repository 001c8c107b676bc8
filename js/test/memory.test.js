// What a limiter knows, kept between invocations that forget everything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultConfig, Limiter, merge, StateError } from 'headroom-forge';
import { MINUTE, NOW, invocation, readPage, response } from './support/fixtures.js';

const start = (seed = 1n) => new Limiter({ ...defaultConfig(), quota: 10 }, seed);

/** Each invocation begins with nothing but what the one before has stored. */
function invoke(stored, now, answer = response(200)) {
  const limiter = start();
  if (stored) limiter.restore(stored, now);
  const call = limiter.begin(readPage(), {}, now);
  const step = call.next(now);
  if (step.tag === 'send') call.onResponse(answer, now);
  call[Symbol.dispose]();
  const { bytes, leftOut } = limiter.save(now);
  assert.equal(leftOut, 0);
  return { step, bytes };
}

test('the points that earlier invocations spent are spent', () => {
  let stored;
  for (let n = 0n; n < 5n; n += 1n) {
    const { step, bytes } = invoke(stored, NOW + n * MINUTE);
    assert.deepEqual(step, { tag: 'send', val: 1 });
    stored = bytes;
  }
  assert.ok(stored instanceof Uint8Array && stored.length < 100, `${stored.length} bytes`);
  const { step } = invoke(stored, NOW + 5n * MINUTE);
  assert.equal(step.tag, 'wait-until');
  assert.deepEqual(step.val.limit.kind, { tag: 'points-quota' });
});

test('a refusal pauses later invocations too, to the same instant', () => {
  const refused = response(429, { 'Retry-After': 300, 'RateLimit-Reason': 'jira-quota-global-based' });
  const { bytes } = invoke(undefined, NOW, refused);
  const { step } = invoke(bytes, NOW + MINUTE);
  assert.equal(step.tag, 'wait-until');
  assert.ok(step.val.until >= NOW + 5n * MINUTE);
  assert.deepEqual(invoke(bytes, NOW + 2n * MINUTE).step, step);
});

test('a state survives storage as text', () => {
  const { bytes } = invoke(undefined, NOW);
  const text = JSON.stringify({ state: Buffer.from(bytes).toString('base64') });
  const limiter = start();
  limiter.restore(new Uint8Array(Buffer.from(JSON.parse(text).state, 'base64')), NOW);
  assert.equal(limiter.quotaCheck(readPage(), {}, NOW).pointsLeft, 8);
});

test('two states merged grant no more than either, in either order', () => {
  const one = invoke(invoke(undefined, NOW).bytes, NOW).bytes;
  const limiter = start();
  const call = limiter.begin(invocation(), {}, NOW);
  call.next(NOW);
  call.onResponse({ tag: 'resolved', val: '1' }, NOW);
  call[Symbol.dispose]();
  const other = limiter.save(NOW).bytes;
  const { bytes, leftOut } = merge(one, other, NOW);
  assert.equal(leftOut, 0);
  assert.deepEqual(merge(other, one, NOW).bytes, bytes);
  assert.deepEqual(merge(bytes, one, NOW).bytes, bytes);
  limiter.restore(bytes, NOW);
  assert.equal(limiter.quotaCheck(readPage(), {}, NOW).pointsLeft, 6);
});

test('what is no saved state is an error that says so, and changes nothing', () => {
  const { bytes } = invoke(undefined, NOW);
  const flipped = bytes.map((byte, at) => (at === 12 ? byte ^ 1 : byte));
  const newer = bytes.map((byte, at) => (at === 4 ? byte + 1 : byte));
  const limiter = start();
  limiter.restore(bytes, NOW);
  for (const [fault, wrong, now] of [
    ['not-a-state', new Uint8Array(), NOW],
    ['not-a-state', new TextEncoder().encode('{"state":"…"}'), NOW],
    ['newer-version', newer, NOW],
    ['too-large', new Uint8Array([...bytes, ...new Uint8Array(65_536)]), NOW],
    ['cut-off', bytes.subarray(0, bytes.length - 1), NOW],
    ['damaged', flipped, NOW],
    ['from-the-future', bytes, NOW - 11n * MINUTE],
  ]) {
    const fresh = start();
    assert.throws(() => fresh.restore(wrong, now), { name: 'StateError', fault, message: /[a-z]/ }, fault);
    assert.throws(() => merge(wrong, bytes, now), StateError);
    assert.equal(fresh.quotaCheck(readPage(), {}, now).pointsLeft, 10);
    if (now === NOW) assert.throws(() => limiter.restore(wrong, now), { fault });
  }
  assert.equal(limiter.quotaCheck(readPage(), {}, NOW).pointsLeft, 8);
  const call = limiter.begin(readPage(), {}, NOW);
  assert.throws(() => limiter.restore(bytes, NOW), {
    fault: 'calls-open',
    message: '`1` calls are open: end them, or restore before the first',
  });
  call[Symbol.dispose]();
  limiter.restore(bytes, NOW);
});

test('a wrong argument is an error as everywhere', () => {
  assert.throws(() => start().restore('text', NOW));
  assert.throws(() => start().restore(undefined, NOW));
  assert.throws(() => start().save());
});
