// Who goes first, who may spend how much, and what is told of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ConfigError, defaultConfig, Limiter } from '../src/index.js';
import { MINUTE, NEXT_HOUR, NOW, readPage, response, SECOND } from './support/fixtures.js';

const limiterWith = (wishes) => new Limiter({ ...defaultConfig(), ...wishes }, 1n);

function sendOne(limiter, operation, options = {}, headers = {}) {
  const call = limiter.begin(operation, options, NOW);
  const step = call.next(NOW);
  if (step.tag === 'send') call.onResponse(response(200, headers), NOW);
  return step.tag === 'send' ? call.next(NOW) : step;
}

test('a person goes before background work that waits in the line', () => {
  const limiter = limiterWith({ burst: { perSecond: 1, capacity: 1 } });
  const background = [1, 2, 3, 4].map((id) => limiter.begin(readPage(id), { priority: 'background' }, NOW));
  assert.equal(background[0].next(NOW).tag, 'send');
  assert.equal(background[3].next(NOW).val.until, NOW + 3n * SECOND);
  const person = limiter.begin(readPage(5), {}, NOW);
  assert.equal(person.next(NOW).val.until, NOW + SECOND, 'not behind those three');
  assert.equal(background[1].next(NOW + SECOND).tag, 'wait-until', 'its turn went to the person');
  assert.equal(person.next(NOW + SECOND).tag, 'send');
});

test('one user cannot spend what others need, and the cap says so', () => {
  const limiter = limiterWith({ userCap: 4 });
  const of = (user) => sendOne(limiter, readPage(), { user });
  assert.deepEqual([of('mallory').tag, of('mallory').tag], ['done', 'done']);
  const { tag, val } = of('mallory');
  assert.equal(tag, 'wait-until');
  assert.deepEqual(val.limit, { kind: { tag: 'cap' }, scope: { tag: 'user', val: 'acme/mallory' } });
  assert.ok(val.until >= NEXT_HOUR);
  assert.equal(of('ada').tag, 'done');
});

test('what a tenant may spend grows with its users', () => {
  const limiter = limiterWith({ tenantCap: { base: 2, perUser: 1, most: 10 } });
  assert.equal(sendOne(limiter, readPage()).tag, 'done');
  assert.equal(sendOne(limiter, readPage()).tag, 'wait-until');
  limiter.setUsers('acme', 2);
  assert.equal(sendOne(limiter, readPage()).tag, 'done');
});

test('an outcome tells what happened on the way', () => {
  const call = limiterWith({}).begin(readPage(), {}, NOW);
  call.next(NOW);
  call.onResponse(response(429, { 'Retry-After': 1, 'RateLimit-Reason': 'jira-burst-based' }), NOW);
  const { until } = call.next(NOW).val;
  call.next(until);
  call.onResponse(response(200), until);
  const { log } = call.next(until).val;
  assert.deepEqual(
    log.map(({ event }) => event.tag),
    ['begun', 'sent', 'refused', 'waits', 'sent', 'answered'],
  );
  assert.equal(log.at(-1).at, until);
});

test('the coming rule is forecast and holds nothing up', () => {
  const limiter = limiterWith({});
  const beta = { 'X-Beta-RateLimit-Limit': 10, 'X-Beta-RateLimit-Remaining': 1 };
  assert.equal(sendOne(limiter, readPage(), {}, beta).tag, 'done');
  const verdict = limiter.quotaCheck(readPage(), {}, NOW);
  assert.equal(verdict.decision.tag, 'proceed');
  assert.equal(verdict.beta.pointsLeft, 1);
  assert.ok(verdict.beta.notBefore >= NEXT_HOUR);
});

test('the status shows pools and pauses', () => {
  const limiter = limiterWith({});
  const call = limiter.begin(readPage(), {}, NOW);
  call.next(NOW);
  const during = limiter.status(NOW);
  assert.deepEqual([during.openCalls, during.inFlight], [1, 1]);
  call.onResponse(response(429, { 'Retry-After': 60, 'RateLimit-Reason': 'jira-burst-based' }), NOW);
  const { pools, pauses, inFlight } = limiter.status(NOW);
  assert.equal(inFlight, 0);
  assert.deepEqual([pools.length, pools[0].scope.tag, pools[0].resetsAt], [1, 'app', NEXT_HOUR]);
  assert.equal(pauses.length, 1);
  assert.ok(pauses[0].until >= NOW + MINUTE);
  assert.equal(pauses[0].limit.scope.tag, 'endpoint');
});

test('a cap out of its range names its field', () => {
  for (const [wishes, field] of [
    [{ userCap: 0 }, 'userCap'],
    [{ tenantCap: { base: 0, perUser: 1 } }, 'tenantCap.base'],
    [{ nodes: 0 }, 'nodes'],
    [{ retryBudget: 100_001 }, 'retryBudget'],
    [{ windows: [{ per: 'app', limit: 1, span: 999n }] }, 'windows.span'],
  ]) {
    assert.throws(() => limiterWith(wishes), (error) => error instanceof ConfigError && error.field === field);
  }
});
