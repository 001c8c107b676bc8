// The laws of the limiter, seen from JavaScript.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultConfig, Limiter } from 'headroom-forge';
import { MINUTE, NEXT_HOUR, NOW, SECOND, readPage, response, rest, unlogged } from './support/fixtures.js';

/** A limiter whose pool holds `pages` page reads, all of them spent at `NOW`. */
function atTheWall(pages = 5, seed = 1n) {
  const config = { ...defaultConfig(), quota: 2 * pages, jitter: 500n };
  const limiter = new Limiter(config, seed);
  for (let i = 0; i < pages; i += 1) {
    const call = limiter.begin(readPage(i), {}, NOW);
    assert.deepEqual(call.next(NOW), { tag: 'send', val: 1 });
    call.onResponse(response(200), NOW);
    assert.equal(call.next(NOW).val.ending.tag, 'success');
    call[Symbol.dispose]();
  }
  return { limiter, jitter: config.jitter };
}

const quotaOfTheApp = { kind: { tag: 'points-quota' }, scope: { tag: 'app' } };

test('the first page read is sent at once', () => {
  const call = new Limiter(defaultConfig(), 1n).begin(readPage(), {}, NOW);
  assert.deepEqual(call.next(NOW), { tag: 'send', val: 1 });
  assert.deepEqual(call.next(NOW), { tag: 'awaiting-answer' });
});

test('an answered call gives its answer, and asking again gives the same', () => {
  const call = new Limiter(defaultConfig(), 1n).begin(readPage(), {}, NOW);
  call.next(NOW);
  const answer = response(200, { 'Content-Type': 'application/json' });
  answer.val.body = new TextEncoder().encode('{"title":"Grüße"}');
  call.onResponse(answer, NOW + 80n);
  const done = { tag: 'done', val: { ending: { tag: 'success', val: answer }, attempts: 1 } };
  assert.deepEqual(unlogged(call.next(NOW + 80n)), done);
  assert.deepEqual(unlogged(call.next(NOW + MINUTE)), done);
});

test('at the wall a call waits for the next utc hour and at most the jitter longer', () => {
  for (let seed = 0n; seed < 50n; seed += 1n) {
    const { limiter, jitter } = atTheWall(5, seed);
    const { tag, val } = limiter.begin(readPage(), {}, NOW).next(NOW);
    assert.equal(tag, 'wait-until');
    assert.deepEqual(val.limit, quotaOfTheApp);
    assert.ok(val.until >= NEXT_HOUR && val.until <= NEXT_HOUR + jitter, `seed ${seed}: ${val.until - NEXT_HOUR} ms`);
  }
});

test('a refusal carries its exact end: refused at t - 1, accepted at t', () => {
  const { limiter } = atTheWall();
  const call = limiter.begin(readPage(), {}, NOW);
  const { until } = call.next(NOW).val;
  assert.equal(limiter.quotaCheck(readPage(), {}, NOW).decision.val.until, until);
  assert.equal(limiter.quotaCheck(readPage(), {}, until - 1n).decision.tag, 'wait-until');
  assert.equal(call.next(until - 1n).tag, 'wait-until');
  assert.equal(limiter.quotaCheck(readPage(), {}, until).decision.tag, 'proceed');
  assert.deepEqual(call.next(until), { tag: 'send', val: 1 });
});

test('a wait that passes the deadline is deferred at once', () => {
  const { limiter } = atTheWall();
  const { tag, val } = limiter.begin(readPage(), { deadline: 25n * SECOND }, NOW).next(NOW);
  assert.equal(tag, 'done');
  const { ending, attempts } = val;
  assert.equal(ending.tag, 'deferred');
  assert.deepEqual({ limit: ending.val.limit, attempts }, { limit: quotaOfTheApp, attempts: 0 });
  assert.ok(ending.val.notBefore >= NEXT_HOUR);
  assert.equal(limiter.begin(readPage(), { deadline: 41n * MINUTE }, NOW).next(NOW).tag, 'wait-until');
});

test('a deferred call is resumed elsewhere by its token', () => {
  const first = atTheWall().limiter.begin(readPage(), { runtime: 'ui' }, NOW).next(NOW).val.ending.val;
  assert.match(first.resumeToken, /^hr1\.[0-9a-f]{72}$/);
  assert.equal(first.requeueAfter, 15n * MINUTE);
  const { resumeToken } = first;
  const elsewhere = new Limiter(defaultConfig(), 5n);
  const { tag, val } = elsewhere.begin(readPage(), { resumeToken }, NOW).next(NOW);
  assert.deepEqual({ tag, until: val.until }, { tag: 'wait-until', until: first.notBefore });
  const { ending } = elsewhere.begin(readPage(), { resumeToken: 'none' }, NOW).next(NOW).val;
  assert.deepEqual({ tag: ending.tag, why: ending.val.why.tag }, { tag: 'refused', why: 'resume-token-not-valid' });
});

test("never earlier than the server's delay, and hardly later", () => {
  for (let seconds = 1n; seconds < 60n; seconds += 1n) {
    const call = new Limiter(defaultConfig(), seconds).begin(readPage(), {}, NOW);
    call.next(NOW);
    call.onResponse(response(429, { 'Retry-After': seconds, 'RateLimit-Reason': 'confluence-burst' }), NOW);
    const { tag, val } = call.next(NOW);
    assert.equal(tag, 'wait-until');
    const late = val.until - (NOW + seconds * SECOND);
    assert.ok(late >= 0n && late <= SECOND, `Retry-After: ${seconds}: ${late} ms late`);
    assert.deepEqual(call.next(val.until), { tag: 'send', val: 2 });
  }
});

test('a burst refused by Jira pauses one endpoint, and a write refused for its issue that issue', () => {
  const rest = (method, path) => ({ tag: 'rest', val: { tenant: 'acme', method, path, headers: [] } });
  const template = '/rest/api/{version}/issue/{issueIdOrKey}';
  const issue = (key) => `/rest/api/3/issue/${key}`;
  for (const [reason, kind, tag, val, other] of [
    ['jira-burst-based', 'burst', 'endpoint', { tenant: 'acme', template, method: 'PUT' }, rest('GET', issue('A-1'))],
    ['jira-per-issue-on-write', 'per-issue-write', 'issue', { tenant: 'acme', issue: 'A-1' }, rest('PUT', issue('A-2'))],
  ]) {
    const limiter = new Limiter(defaultConfig(), 1n);
    const call = limiter.begin(rest('put', issue('A-1')), {}, NOW);
    call.next(NOW);
    call.onResponse(response(429, { 'Retry-After': 9n, 'RateLimit-Reason': reason }), NOW);
    assert.deepEqual(call.next(NOW).val.limit, { kind: { tag: kind }, scope: { tag, val } });
    assert.equal(limiter.quotaCheck(other, {}, NOW).decision.tag, 'proceed');
  }
});

/** Every decision of a short story with refusals, failures and the wall, as text. */
function story(seed) {
  const limiter = new Limiter({ ...defaultConfig(), quota: 40 }, seed);
  const trace = [];
  for (let i = 0, now = NOW; i < 60; i += 1, now += 7_000n) {
    const call = limiter.begin(readPage(i), {}, now);
    for (let step = call.next(now); step.tag !== 'done'; step = call.next(now)) {
      trace.push(step);
      if (step.tag === 'wait-until') now = step.val.until;
      else if (i % 7 === 3) call.onFailure({ tag: 'connection', val: 'reset' }, now);
      else call.onResponse(response(i % 5 === 1 ? 429 : 200), now);
    }
    trace.push(call.next(now));
  }
  return JSON.stringify(trace, (_, value) => (typeof value === 'bigint' ? String(value) : value));
}

test('the same seed gives the same decisions, and another seed other jitter', () => {
  assert.equal(story(42n), story(42n));
  assert.notEqual(story(42n), story(43n));
});

test('a clock that goes backwards grants nothing', () => {
  const { limiter } = atTheWall();
  assert.equal(limiter.quotaCheck(readPage(), {}, NOW - 60n * MINUTE).decision.tag, 'wait-until');
  assert.equal(limiter.begin(readPage(), {}, 0n).next(0n).tag, 'wait-until');
});

test('later and never are told apart', () => {
  const limiter = new Limiter({ ...defaultConfig(), quota: 1 }, 1n);
  assert.deepEqual(limiter.quotaCheck(readPage(), {}, NOW).decision, {
    tag: 'never',
    val: { tag: 'costs-more-than-quota', val: 2 },
  });
  const refused = { why: { tag: 'costs-more-than-quota', val: 2 }, answer: undefined };
  assert.deepEqual(unlogged(limiter.begin(readPage(), {}, NOW).next(NOW)), {
    tag: 'done',
    val: { ending: { tag: 'refused', val: refused }, attempts: 0 },
  });
});

test('asking takes nothing', () => {
  const limiter = new Limiter(defaultConfig(), 1n);
  for (let i = 0; i < 1_000; i += 1) limiter.quotaCheck(readPage(), {}, NOW);
  assert.deepEqual(limiter.quotaCheck(readPage(), {}, NOW), {
    decision: { tag: 'proceed' },
    cost: { low: 2, likely: 2, high: 2 },
    costSource: 'table',
    pointsLeft: 65_000,
    confidence: 'assumed',
    exhaustedAt: undefined,
    beta: undefined,
  });
});

test('dropping a call releases what it reserved', () => {
  const limiter = new Limiter({ ...defaultConfig(), quota: 2 }, 1n);
  const first = limiter.begin(readPage(), {}, NOW);
  assert.equal(limiter.quotaCheck(readPage(), {}, NOW).decision.tag, 'wait-until');
  first[Symbol.dispose]();
  assert.equal(limiter.quotaCheck(readPage(), {}, NOW).decision.tag, 'proceed');
  const second = limiter.begin(readPage(), {}, NOW);
  assert.deepEqual(second.next(NOW), { tag: 'send', val: 1 });
  second[Symbol.dispose]();
  // In flight when dropped: the server may have acted on it, so its points are spent.
  assert.equal(limiter.quotaCheck(readPage(), {}, NOW).pointsLeft, 0);
});

test('a write that brought no answer is not sent twice unless it is said to be harmless', () => {
  const limiter = new Limiter(defaultConfig(), 1n);
  const failed = (options) => {
    const call = limiter.begin(rest('POST', '/wiki/rest/api/content'), options, NOW);
    call.next(NOW);
    call.onFailure({ tag: 'timed-out' }, NOW);
    return call.next(NOW);
  };
  const cause = { tag: 'attempt', val: { tag: 'timed-out' } };
  const ending = { tag: 'failed', val: cause };
  assert.deepEqual(unlogged(failed({})), { tag: 'done', val: { ending, attempts: 1 } });
  assert.equal(failed({ idempotent: true }).tag, 'wait-until');
});
