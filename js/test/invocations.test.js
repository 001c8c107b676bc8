// Forge invocations: refusals in every spelling, and who is stopped by one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultConfig, Limiter } from 'headroom-forge';
import { invocation, MINUTE, NOW, readPage, response, SECOND, unlogged } from './support/fixtures.js';

const RESET = NOW + 30n * SECOND;
const millis = { rateLimitValue: 300, rateLimitRemaining: 0, rateLimitReset: Number(RESET) };
const seconds = { rateLimitLimit: '300', rateLimitRemaining: '0', rateLimitReset: String(RESET / SECOND) };

/** Sources: RFC 130's text and sample, Forge's documentation, the bridge's typings; read 2026-11. */
const SPELLINGS = {
  'RFC 130, text': { status: 429, rateLimitProperties: millis },
  'RFC 130, sample': { status: 429, limitHeaders: millis },
  documentation: { statusCode: 429, metadata: { rateLimitProperties: seconds } },
  'an error within': { error: { status: '429', metadata: { rateLimitProperties: seconds } } },
  'an error within, flat': { error: { statusCode: 429, rateLimitProperties: millis } },
  'a sample within': { error: { status: 429, limitHeaders: seconds } },
};

function rejectedWith(json) {
  const limiter = new Limiter(defaultConfig(), 7n);
  const call = limiter.begin(invocation(), {}, NOW);
  assert.deepEqual(call.next(NOW), { tag: 'send', val: 1 });
  call.onResponse({ tag: 'rejected', val: json }, NOW);
  return { limiter, call };
}

for (const [name, error] of Object.entries(SPELLINGS)) {
  test(`a rate-limited invocation waits for the reset that it names: ${name}`, () => {
    const { limiter, call } = rejectedWith(JSON.stringify(error));
    const { tag, val } = call.next(NOW);
    assert.equal(tag, 'wait-until');
    assert.deepEqual(val.limit, { kind: { tag: 'invocation-rate' }, scope: { tag: 'installation', val: 'acme-1' } });
    assert.ok(val.until >= RESET && val.until <= RESET + SECOND, `${val.until - RESET} ms after the reset`);
    // Others wait until the reset; who was refused spreads after it, alone.
    assert.equal(limiter.quotaCheck(invocation('grace'), {}, RESET - 1n).decision.tag, 'wait-until');
    assert.equal(call.next(val.until - 1n).tag, 'wait-until');
    assert.deepEqual(call.next(val.until), { tag: 'send', val: 2 });
  });
}

test('a web trigger is refused by headers in both spellings', () => {
  for (const name of ['rateLimitReset', 'X-Ratelimit-Reset']) {
    const call = new Limiter(defaultConfig(), 7n).begin(invocation(undefined, 'acme-1', 'web-trigger'), {}, NOW);
    call.next(NOW);
    call.onResponse(response(429, { [name]: RESET }), NOW);
    const { until } = call.next(NOW).val;
    assert.ok(until >= RESET && until <= RESET + SECOND, `${name}: ${until - RESET} ms after the reset`);
  }
});

test('a refusal stops its installation and nothing beside it', () => {
  const { limiter } = rejectedWith(JSON.stringify(SPELLINGS['RFC 130, text']));
  assert.equal(limiter.quotaCheck(invocation('grace', 'acme-1'), {}, NOW).decision.tag, 'wait-until');
  assert.equal(limiter.quotaCheck(invocation('ada', 'globex-1'), {}, NOW).decision.tag, 'proceed');
  assert.equal(limiter.quotaCheck(readPage(), {}, NOW).decision.tag, 'proceed');
});

test('a reset beyond the deadline is deferred to exactly that reset or a little later', () => {
  const limiter = new Limiter(defaultConfig(), 7n);
  const call = limiter.begin(invocation(), { deadline: 25n * SECOND }, NOW);
  call.next(NOW);
  call.onResponse({ tag: 'rejected', val: JSON.stringify(SPELLINGS.documentation) }, NOW);
  const { ending, attempts } = call.next(NOW).val;
  const { tag, val } = ending;
  assert.equal(tag, 'deferred');
  assert.ok(val.notBefore >= RESET && val.notBefore <= RESET + SECOND);
  assert.equal(attempts, 1);
});

test('an ordinary error is no limit: it fails and is not sent again', () => {
  for (const json of ['{"message":"boom"}', 'not json', '', 'null', '[]', '{"rateLimitProperties":7}'.repeat(2)]) {
    const { call } = rejectedWith(json);
    const cause = { tag: 'answer', val: { tag: 'rejected', val: json } };
    const ending = { tag: 'failed', val: cause };
    assert.deepEqual(unlogged(call.next(NOW)), { tag: 'done', val: { ending, attempts: 1 } });
  }
});

test('a rush of one installation is let through at its rate: none of the first second waits a minute', () => {
  const limiter = new Limiter(defaultConfig(), 7n);
  const calls = Array.from({ length: 900 }, (_, i) => limiter.begin(invocation(`user-${i}`), {}, NOW));
  const steps = calls.map((call) => call.next(NOW));
  const latest = steps.reduce(
    (most, { tag, val }) => (tag === 'wait-until' && val.until > most ? val.until : most),
    NOW,
  );
  assert.ok(steps.filter(({ tag }) => tag === 'send').length <= 300);
  assert.ok(latest > NOW + SECOND && latest < NOW + MINUTE / 10n, `${latest - NOW} ms`);
});
