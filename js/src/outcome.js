// What became of a call: its value, the error that it ended with, or one of the two errors below.

import { isoOf, reasonOf, scopeOf, whyOf } from './words.js';

/** Not now, but from a known instant on. */
export class DeferredError extends Error {
  constructor({ notBefore, limit, resumeToken, requeueAfter }, { attempts, log }, now, last = {}) {
    const by = `\`${reasonOf(limit)}\` of ${scopeOf(limit.scope)}`;
    super(`deferred until \`${isoOf(notBefore)}\` by ${by}: come again then, with \`resumeToken\``);
    this.name = 'DeferredError';
    this.notBefore = new Date(Number(notBefore));
    this.retryAfterMs = Number(notBefore > now ? notBefore - now : 0n);
    this.requeueAfterSeconds = Math.ceil(Number(requeueAfter) / 1000);
    this.reason = reasonOf(limit);
    this.limit = limit;
    this.resumeToken = resumeToken;
    Object.assign(this, { attempts, log }, lastOf(last));
  }
}

/** Given up because of limits, and no instant can be named at which it would succeed. */
export class RefusedError extends Error {
  constructor({ why }, { attempts, log }, last = {}) {
    super(whyOf(why));
    this.name = 'RefusedError';
    this.reason = why.tag;
    this.why = why;
    Object.assign(this, { attempts, log }, lastOf(last));
  }
}

/**
 * The value of an outcome, or throws what it ended with.
 *
 * `last` is what the last attempt came to, as the caller's function gave it: `{ value }` or `{ error }`.
 */
export function valueOf(outcome, now, last) {
  const { tag, val } = outcome.ending;
  if (tag === 'deferred') throw new DeferredError(val, outcome, now, last);
  if (tag === 'refused') throw new RefusedError(val, outcome, last);
  if ('error' in last) throw last.error;
  if ('value' in last) return last.value;
  throw new Error(`the call ended before it was sent: ${val.val ?? tag}`);
}

/** A refusal that the caller's function gave or threw is kept for whoever wants to look at it. */
const lastOf = ({ value, error }) => ({
  ...(error === undefined ? {} : { cause: error }),
  ...(value === undefined ? {} : { response: value }),
});
