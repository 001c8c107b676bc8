// One call from its beginning to its outcome. Every decision is the planner's; this sends, waits and reports.

import { attributesOf } from './attributes.js';
import { DISPOSE } from './planner.js';
import { unlessAborted } from './time.js';
import { reasonOf } from './words.js';

/**
 * Carries an operation through.
 *
 * `attempt({ attempt, signal, attributes })` sends once and never rejects; it resolves to `{ value }` or `{ error }`,
 * with `answer` beside it where the server answered and `failure` where it did not.
 *
 * @returns the outcome, and what the last attempt came to
 * @throws the signal's reason; what the call had reserved is then given back
 */
export async function drive({ limiter, now, sleep, tell }, operation, { component, signal }, attempt) {
  signal?.throwIfAborted();
  const call = limiter.begin(operation, component, now());
  let last = {};
  let sent = 0;
  try {
    for (;;) {
      const { tag, val } = call.next(now());
      if (tag === 'done') return { outcome: val, last };
      if (tag === 'wait-until') {
        const { until, limit } = val;
        const attributes = attributesOf(operation, sent + 1, limit);
        const waitMs = Number(until - now());
        tell('onWait', {
          operation,
          until: new Date(Number(until)),
          waitMs,
          limit,
          reason: reasonOf(limit),
          attributes,
        });
        await unlessAborted(sleep(waitMs, signal), signal);
      } else {
        sent = val;
        const told = { attempt: val, signal, attributes: attributesOf(operation, val) };
        last = await unlessAborted(attempt(told), signal);
        if (last.answer) call.onResponse(last.answer, now());
        else call.onFailure(last.failure, now());
      }
      signal?.throwIfAborted();
    }
  } finally {
    // Also when it is done: a call is open until it is dropped.
    call[DISPOSE]();
  }
}
