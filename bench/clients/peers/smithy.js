import { retryMiddleware } from '@smithy/middleware-retry';
import { HttpRequest } from '@smithy/protocol-http';
import { AdaptiveRetryStrategy } from '@smithy/util-retry';
import { sleep, untilTheHour } from './retry-after.js';

/** What the client's own handler does with the middleware: an answer or an error with its status. */
function client(strategy, attempts) {
  const options = { retryStrategy: async () => strategy, maxAttempts: async () => attempts };
  const handler = retryMiddleware(options)(next, {});
  return async (call) => (await handler({ request: new HttpRequest(call), url: call.url })).output;
}

async function next({ request, url }) {
  const { status, headers } = await fetch(url, { headers: request.headers });
  const $metadata = { httpStatusCode: status };
  if (status < 400) return { response: {}, output: { $metadata } };
  const $response = { statusCode: status, headers: Object.fromEntries(headers) };
  throw Object.assign(new Error(`status ${status}`), { $metadata, $response });
}

export function raw() {
  // begin raw
  return client(new AdaptiveRetryStrategy(async () => 3), 3);
  // end raw
}

export function best({ nodes }) {
  // begin best
  // It clips `Retry-After` to 5 s more than its own delay, so that delay has to reach the hour by itself; and it has
  // 500 tokens for retries, so it must not be refused for its pace.
  let free = 0;
  const rateLimiter = {
    async getSendToken() {
      const turn = Math.max(free, Date.now());
      free = turn + 10 * nodes;
      await sleep(turn - Date.now());
    },
    updateClientSendingRate() {},
  };
  const backoff = { setDelayBase() {}, computeNextBackoffDelay: untilTheHour };
  return client(new AdaptiveRetryStrategy(20, { backoff, rateLimiter }), 20);
  // end best
}

export function invoked() {
  // begin invoked
  // Each in its turn: a second after the one 300 before it, and a minute after the one 7,000 before it.
  const turns = [];
  const rateLimiter = {
    async getSendToken() {
      const turn = Math.max(Date.now(), (turns.at(-300) ?? 0) + 1_000, (turns.at(-7_000) ?? 0) + 60_000);
      turns.push(turn);
      if (turn > Date.now()) await sleep(turn - Date.now());
    },
    updateClientSendingRate() {},
  };
  return client(new AdaptiveRetryStrategy(20, { rateLimiter }), 20);
  // end invoked
}
