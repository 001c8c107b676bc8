// The driver: what comes of a call, and who hears of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeferredError, explain, RefusedError } from 'headroom-forge';
import { MINUTE, NEXT_HOUR, NOW, SECOND } from './support/fixtures.js';
import { ManualTime, page, refusal } from './support/manual.js';

/** Gives these answers one after the other, and notes when each was asked for. */
function server(time, answers) {
  const sent = [];
  const fetch = async () => {
    const answer = answers[sent.length] ?? (() => Response.json({ id: 1 }));
    sent.push(time.now);
    return answer();
  };
  return { sent, fetch };
}

const rateLimited = (reset) =>
  Object.assign(new Error('too many'), {
    status: 429,
    metadata: { rateLimitProperties: { rateLimitReset: Number(reset) } },
  });

test('a refused request is sent again when the server said, and its answer can still be read', async () => {
  const time = new ManualTime();
  const { sent, fetch } = server(time, [() => refusal(30)]);
  const response = await time.run(time.headroom({ fetch }).fetch(page()));
  assert.deepEqual(await response.json(), { id: 1 });
  assert.equal(sent.length, 2);
  assert.ok(sent[1] >= NOW + 30n * SECOND && sent[1] <= NOW + 34n * SECOND, `${sent[1] - NOW} ms`);
});

test('an invocation waits out its window and gives what the function gave', async () => {
  const time = new ManualTime();
  const calls = [];
  async function getText(payload, { attempt, attributes }) {
    calls.push([payload, attempt, attributes['http.request.resend_count'], attributes['faas.invoked_name']]);
    if (attempt === 1) throw rateLimited(NOW + 10n * SECOND);
    return { text: 'hello' };
  }
  const value = await time.run(time.headroom().invokeWithRetry(getText, { id: 7 }));
  assert.deepEqual(value, { text: 'hello' });
  assert.deepEqual(calls, [
    [{ id: 7 }, 1, undefined, 'getText'],
    [{ id: 7 }, 2, 1, 'getText'],
  ]);
  assert.ok(time.now >= NOW + 10n * SECOND);
});

test('a wait beyond the deadline is a deferral at once, with all that is needed to go on', async () => {
  const time = new ManualTime();
  const { sent, fetch } = server(time, [() => refusal(1_847)]);
  const headroom = time.headroom({ fetch });
  const error = await time.run(headroom.requestWithRetry(page(), { deadline: 25_000 }).catch((error) => error));
  assert.ok(error instanceof DeferredError && error.name === 'DeferredError');
  assert.equal(time.now, NOW, 'nothing was slept');
  assert.ok(error.notBefore.getTime() >= Number(NOW) + 1_847_000);
  assert.equal(error.retryAfterMs, error.notBefore.getTime() - Number(NOW));
  assert.deepEqual([error.reason, error.requeueAfterSeconds, error.attempts], ['points-quota', 900, 1]);
  assert.equal(error.response.status, 429);
  assert.match(error.message, /^deferred until `2026-11-21T12:5.*` by `points-quota` of tenant `acme\.atlassian\.net`/);
  const { resumeToken } = error;
  const later = time.headroom({ fetch });
  const again = await time.run(
    later.requestWithRetry(page(), { deadline: 25_000, resumeToken }).catch((error) => error),
  );
  assert.deepEqual(
    [again.notBefore, again.attempts, sent.length],
    [error.notBefore, 1, 1],
    'too early is deferred again',
  );
  time.now = BigInt(error.notBefore.getTime());
  assert.equal((await time.run(later.requestWithRetry(page(), { resumeToken }))).status, 200);
});

test('attempts that were all refused are a refusal that says which bound', async () => {
  const time = new ManualTime();
  const { fetch } = server(
    time,
    Array(9).fill(() => refusal(1, 'jira-burst-based')),
  );
  const error = await time.run(
    time
      .headroom({ fetch, maxAttempts: 3 })
      .fetch(page())
      .catch((error) => error),
  );
  assert.ok(error instanceof RefusedError && error.name === 'RefusedError');
  assert.deepEqual([error.reason, error.attempts, error.response.status], ['attempts-exhausted', 3, 429]);
  assert.match(error.message, /^`3` attempts were refused: .*`maxAttempts`$/);
});

test('what has nothing to do with limits is as without headroom', async () => {
  const time = new ManualTime();
  const headroom = time.headroom({ fetch: async () => new Response('gone', { status: 404 }) });
  const response = await headroom.fetch(page());
  assert.deepEqual([response.status, await response.text()], [404, 'gone']);
  const boom = new TypeError('fetch failed');
  const broken = time.headroom({ fetch: () => Promise.reject(boom) });
  await assert.rejects(time.run(broken.fetch(page(), { method: 'POST' })), (error) => error === boom);
  for (const thrown of [boom, 'a text', undefined, null, 7, { status: 500 }]) {
    const failing = headroom.invokeWithRetry(() => Promise.reject(thrown));
    await assert.rejects(failing, (error) => error === thrown);
  }
  assert.deepEqual([headroom.status().openCalls, broken.status().openCalls], [0, 0]);
});

test('a request that brought no answer is sent again where that is harmless', async () => {
  const time = new ManualTime();
  const { sent, fetch } = server(time, [() => Promise.reject(new TypeError('reset'))]);
  assert.equal((await time.run(time.headroom({ fetch }).fetch(page()))).status, 200);
  assert.equal(sent.length, 2);
});

test('errors that carry a response, as those of http clients do, are answers', async () => {
  const time = new ManualTime();
  let asked = 0;
  const send = async () => {
    asked += 1;
    if (asked > 1) return { status: 200, headers: {}, data: 'axios' };
    throw Object.assign(new Error('429'), { response: { status: 429, headers: { 'retry-after': 5 } } });
  };
  assert.equal((await time.run(time.headroom().requestWithRetry('/rest/api/3/myself', { send }))).data, 'axios');
  assert.ok(time.now >= NOW + 5n * SECOND);
});

test('hooks hear of waits and ends, and what they throw breaks nothing', async () => {
  const time = new ManualTime();
  const heard = [];
  const hook = (name) => (event) => {
    heard.push([name, event.reason, event.attributes['http.request.resend_count'], event.waitMs ?? event.error.name]);
    if (heard.length % 2) throw new Error('a broken hook');
    return Promise.reject(new Error('a broken promise'));
  };
  const hooks = { onWait: hook('onWait'), onDeferred: hook('onDeferred'), onRefused: hook('onRefused') };
  const { fetch } = server(time, [() => refusal(2)]);
  assert.equal((await time.run(time.headroom({ fetch, jitter: 0, ...hooks }).fetch(page()))).status, 200);
  assert.deepEqual(heard, [['onWait', 'points-quota', 1, 2_000]]);
  const other = time.headroom({ fetch: async () => refusal(86_400 * 365), ...hooks });
  await assert.rejects(time.run(other.fetch('https://globex.atlassian.net/x')), { name: 'RefusedError' });
  await assert.rejects(time.run(other.requestWithRetry('/x', { tenant: 'globex.atlassian.net', deadline: 1 })), {
    name: 'DeferredError',
  });
  assert.deepEqual(
    heard.slice(-2).map(([name, , , error]) => [name, error]),
    [
      ['onRefused', 'RefusedError'],
      ['onDeferred', 'DeferredError'],
    ],
  );
});

test('what one process saved, the next one keeps to', async () => {
  const time = new ManualTime();
  const one = time.headroom({ fetch: async () => refusal(600) });
  await assert.rejects(one.requestWithRetry(page(), { deadline: 0 }), { name: 'DeferredError' });
  const other = time.headroom();
  other.restore(one.save().bytes);
  assert.equal(other.quotaCheck(page(2)).decision.tag, 'wait-until');
  assert.equal(other.status().pauses.length, 1);
  assert.ok(other.quotaCheck(page(2)).decision.val.until >= NOW + 10n * MINUTE);
});

test('explain names limit, owner and instant, and takes nothing', async () => {
  const headroom = new ManualTime().headroom();
  const at = (instant) => new Date(Number(instant));
  const explained = await headroom.explain(refusal(1_847));
  assert.deepEqual(
    [explained.isLimit, explained.reason, explained.notBefore],
    [true, 'points-quota', at(NOW + 1_847n * SECOND)],
  );
  const quota = await headroom.explain(refusal('soon'));
  assert.deepEqual(quota.notBefore, at(NEXT_HOUR), 'a quota ends with the hour, whatever else is said');
  const guessed = await headroom.explain(refusal('soon', 'jira-burst-based'));
  assert.deepEqual([guessed.isLimit, guessed.reason, guessed.notBefore], [true, 'burst', undefined]);
  assert.equal((await headroom.explain(rateLimited(NOW + SECOND))).reason, 'invocation-rate');
  assert.equal((await headroom.explain(refusal(86_400 * 365))).reason, 'delay-not-credible');
  assert.equal((await headroom.explain({ status: 429, headers: [['Retry-After', 3]] })).isLimit, true);
  for (const what of [new Response('', { status: 404 }), new Error('boom'), 'boom', 7]) {
    assert.deepEqual((await headroom.explain(what)).reason, 'no-limit');
  }
  const error = await headroom
    .requestWithRetry(page(), { send: () => refusal(60), deadline: 0 })
    .catch((error) => error);
  assert.deepEqual((await explain(error)).notBefore, error.notBefore);
  assert.equal((await explain(refusal(5), { now: 0n })).notBefore.getTime(), 5_000);
  assert.equal(headroom.status().pauses.length, 1, 'that of the one refusal that was an answer');
});
