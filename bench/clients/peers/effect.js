import { Effect, Layer, ManagedRuntime } from 'effect';
import { FetchHttpClient, HttpClient, HttpClientRequest } from 'effect/http';
import { RateLimiter } from 'effect/persistence';

/** Effect's client over `fetch`, with what is wrapped around it. */
async function client(wrap) {
  const limiter = RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory));
  const runtime = ManagedRuntime.make(Layer.mergeAll(FetchHttpClient.layer, limiter));
  const plain = await runtime.runPromise(HttpClient.HttpClient);
  const wrapped = wrap(await runtime.runPromise(RateLimiter.RateLimiter))(plain);
  const request = ({ method, url, headers }) => HttpClientRequest.make(method)(url, { headers });
  return (call) => runtime.runPromise(wrapped.execute(request(call)));
}

export function raw() {
  // begin raw
  return client((limiter) => HttpClient.withRateLimiter({ limiter, key: 'api', limit: 100, window: '1 second' }));
  // end raw
}

export function best({ nodes }) {
  // begin best
  // Atlassian's X-RateLimit-* count the points of an hour, and it takes them for the calls of its own window; what it
  // learns from a wait of most of an hour slows it down for a day. What it needs is `Retry-After` alone.
  const unknown = 'x-not-sent';
  return client((limiter) =>
    HttpClient.withRateLimiter({
      limiter,
      key: 'docs.atlassian.net',
      limit: 1,
      window: `${10 * nodes} millis`,
      responseHeaders: { limit: unknown, remaining: unknown, reset: unknown, resetAfter: unknown },
      disableAdaptiveLearning: true,
    }),
  );
  // end best
}

export function invoked() {
  // begin invoked
  // What is refused is sent again in its turn: it looks for `Retry-After` alone.
  const options = { disableResponseInspection: true, disableAdaptiveLearning: true };
  return client((limiter) => (plain) =>
    plain.pipe(
      // 300 a second, and a little less, for timers keep to whole milliseconds.
      HttpClient.withRateLimiter({ limiter, key: 'second', limit: 1, window: '3.34 millis', ...options }),
      HttpClient.withRateLimiter({ limiter, key: 'minute', limit: 7_000, window: '1 minute', ...options }),
    ),
  );
  // end invoked
}
