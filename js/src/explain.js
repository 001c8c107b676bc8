// What an answer or an error means, as the planner reads it.

import { attemptError, messageOf, rejectedAnswer, responseAnswer, responseIn } from './answer.js';
import { wrong } from './arguments.js';
import { defaultConfig, DISPOSE, Limiter } from './planner.js';
import { isoOf, reasonOf, scopeOf, whyOf } from './words.js';

/** Guesses are up to this far apart, so that they can be told from what the server named. */
const HOUR = 3_600_000n;

/**
 * Says what a response or an error means: which limit, of whom, and when to come again. It takes nothing.
 *
 * @param {unknown} what a response, the error of an invocation or of an HTTP client, or one of our own
 * @param {import('./index.d.ts').ExplainOptions} [options]
 */
export async function explain(what, { now = Date.now(), path = '/', method = 'GET', tenant = '' } = {}) {
  return explainOutcome(what, BigInt(Math.floor(Number(now))), { path, method, tenant });
}

export async function explainOutcome(what, now, request = {}) {
  if (what === undefined || what === null) throw wrong('what', what, 'a response or an error');
  // By name: a program that loads both ES modules and CommonJS has each class twice.
  if (what.name === 'DeferredError' && what.limit) return deferred(what);
  if (what.name === 'RefusedError' && what.why) return { isLimit: true, reason: what.reason, message: what.message };
  const response = httpIn(what);
  const answer = response ? await responseAnswer(response) : rejectedAnswer(what);
  const operation = response
    ? { tag: 'rest', val: { tenant: '', method: 'GET', path: '/', ...request, headers: [] } }
    : {
        tag: 'invoke',
        val: { functionKey: '', payload: '', context: { installation: '', environment: '', trigger: 'ui' } },
      };
  const [one, other] = [1n, 2n].map((seed) => read(operation, answer, now, seed));
  return told(one, one?.until === other?.until, answer, what);
}

/** A response, or that of an error; the error of an invocation may have a status too, and is none. */
function httpIn(what) {
  if (!(what instanceof Error) && typeof what.status === 'number' && what.headers !== undefined) return what;
  const isHttp = what.response !== undefined || what.headers !== undefined || what.name === 'PROXY_ERR';
  return isHttp ? responseIn(what) : undefined;
}

/** What a fresh limiter makes of the answer: a wait, the reason why none helps, or undefined if it is no limit. */
function read(operation, answer, now, seed) {
  const limiter = new Limiter({ ...defaultConfig(), jitter: 0n, backoff: HOUR }, seed);
  const call = limiter.begin(operation, { maxAttempts: 2, idempotent: true }, now);
  call.next(now);
  call.onResponse(answer, now);
  const { tag, val } = call.next(now);
  call[DISPOSE]();
  limiter[DISPOSE]();
  if (tag === 'wait-until') return val;
  return tag === 'done' && val.ending.tag === 'refused' ? val.ending.val : undefined;
}

function told(read, isNamed, answer, what) {
  if (!read) return { isLimit: false, reason: 'no-limit', message: noLimit(answer, what) };
  if (read.why) return { isLimit: true, reason: read.why.tag, message: whyOf(read.why) };
  const { limit, until } = read;
  const by = `\`${reasonOf(limit)}\` of ${scopeOf(limit.scope)}`;
  const isLimit = limit.scope.tag !== 'call';
  if (!isNamed)
    return { isLimit, reason: reasonOf(limit), limit, message: `held up by ${by}, and no instant was named: back off` };
  const message = `held up by ${by}: come again at \`${isoOf(until)}\``;
  return { isLimit, reason: reasonOf(limit), limit, notBefore: new Date(Number(until)), message };
}

function deferred({ reason, limit, notBefore, message }) {
  return { isLimit: true, reason, limit, notBefore, message };
}

const noLimit = ({ tag, val }, what) =>
  tag === 'response' ? `status \`${val.status}\` is no limit` : `\`${messageOf(what).slice(0, 200)}\` is no limit`;
