// What a caller or a server can get wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, defaultConfig, Limiter } from 'headroom-forge';
import { NOW, readPage, response } from './support/fixtures.js';

const RANGES = [
  ['quota', 1, 10_000_000],
  ['burst.perSecond', 1, 1_000],
  ['burst.capacity', 1, 100_000],
  ['maxAttempts', 1, 100],
  ['maxElapsed', 0n, 2_592_000_000n],
  ['jitter', 0n, 3_600_000n],
  ['backoff', 1n, 3_600_000n],
  ['maxCalls', 1, 1_000_000],
];

function configWith(field, value) {
  const config = defaultConfig();
  const [outer, inner] = field.split('.');
  if (inner) config[outer][inner] = value;
  else config[outer] = value;
  return config;
}

test('a configuration out of range throws an error that names field and range', () => {
  for (const [field, least, most] of RANGES) {
    const one = typeof most === 'bigint' ? 1n : 1;
    for (const wrong of least > 0 ? [least - one, most + one] : [most + one]) {
      assert.throws(() => new Limiter(configWith(field, wrong), 1n), {
        name: 'ConfigError',
        field,
        message: `\`${field}\` is \`${wrong}\`: choose a value from ${least} to ${most}`,
      });
    }
    for (const right of [least, most]) assert.ok(new Limiter(configWith(field, right), 1n) instanceof Limiter);
  }
  assert.throws(() => new Limiter(configWith('quota', 0), 1n), ConfigError);
});

test('a limiter needs no pace for bursts', () => {
  const limiter = new Limiter({ ...defaultConfig(), burst: undefined }, 1n);
  for (let i = 0; i < 1_000; i += 1) assert.equal(limiter.begin(readPage(i), {}, NOW).next(NOW).tag, 'send');
});

const GARBAGE = [
  '',
  ' ',
  '-1',
  '1e999',
  'NaN',
  '9223372036854775807',
  '99999999999999999999999999999999',
  'Thu, 99 Foo 2026 25:61:61 GMT',
  '2026-13-45T99:99:99Z',
  '"global-app-quota";q=;w=,;;;',
  '\u0000\u0001\uFFFD',
  '\uD800',
  '{"a":',
  '🦀'.repeat(5_000),
];

const NAMES = [
  'Retry-After',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-RateLimit-Limit',
  'RateLimit-Reason',
  'RateLimit',
  'Date',
];

test('garbage in headers never throws and never ends in anything but a step', () => {
  for (const status of [0, 200, 204, 301, 400, 429, 503, 599, 65_535]) {
    for (const name of [...NAMES, ...NAMES.map((name) => `Beta-${name}`), '', '\u0000']) {
      const limiter = new Limiter(defaultConfig(), 1n);
      for (const value of GARBAGE) {
        const call = limiter.begin(readPage(), {}, NOW);
        if (call.next(NOW).tag !== 'send') continue;
        call.onResponse(response(status, { [name]: value, [name.toLowerCase()]: value }), NOW);
        assert.match(call.next(NOW).tag, /^(send|wait-until|done)$/, `${status} ${name}: ${value}`);
      }
    }
  }
});

test('an absurd delay is named, neither slept nor shortened', () => {
  const call = new Limiter(defaultConfig(), 1n).begin(readPage(), {}, NOW);
  call.next(NOW);
  call.onResponse(response(429, { 'Retry-After': 86_400 * 365 }), NOW);
  assert.deepEqual(call.next(NOW).val.ending.val.why, { tag: 'delay-not-credible', val: 31_536_000_000n });
});

test('a wrong argument throws and leaves the limiter as it was', () => {
  const limiter = new Limiter(defaultConfig(), 1n);
  const wrong = [
    () => limiter.quotaCheck(undefined, {}, NOW),
    () => limiter.quotaCheck({}, {}, NOW),
    () => limiter.quotaCheck({ tag: 'rest', val: {} }, {}, NOW),
    () => limiter.quotaCheck(readPage(), {}, undefined),
    () => limiter.quotaCheck(readPage(), {}, Number.NaN),
    () => limiter.begin(readPage(), undefined, NOW),
    () => limiter.begin({ tag: 'graphql', val: {} }, {}, NOW),
    () => new Limiter(),
    () => new Limiter({ ...defaultConfig(), pool: 'shared' }, 1n),
    () => new Limiter(defaultConfig(), 'seed'),
  ];
  for (const work of wrong) assert.throws(work, Error, String(work));
  assert.equal(limiter.quotaCheck(readPage(), {}, NOW).pointsLeft, 65_000);
});

test('a call that was dropped says so instead of answering', () => {
  const call = new Limiter(defaultConfig(), 1n).begin(readPage(), {}, NOW);
  call[Symbol.dispose]();
  call[Symbol.dispose]();
  assert.throws(() => call.next(NOW), TypeError);
});

test('a call may outlive the handle of its limiter', () => {
  const limiter = new Limiter(defaultConfig(), 1n);
  const call = limiter.begin(readPage(), {}, NOW);
  limiter[Symbol.dispose]();
  assert.deepEqual(call.next(NOW), { tag: 'send', val: 1 });
});
