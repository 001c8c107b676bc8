// Compiled, never run: the driver's types as a user meets them.

import { createHeadroom, DeferredError, explain, RefusedError } from 'headroom-forge';
import type { Attempt, CallOptions, Explanation, Headroom, HeadroomOptions, Limit, Verdict } from 'headroom-forge';

/** Whether two types are the same, and not merely assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isTrue = <T extends true>(): T | undefined => undefined;

const options: HeadroomOptions = {
  quota: 65_000,
  pool: 'per-tenant',
  maxElapsed: 60_000,
  jitter: 500n,
  now: () => Date.now(),
  sleep: async (millis: number, signal?: AbortSignal) => void [millis, signal],
  seed: 42,
  defaults: { runtime: 'ui', deadline: 25_000 },
  onWait: ({ until, waitMs, limit, attributes }) => [
    until.getTime(),
    waitMs,
    limit.kind.tag,
    attributes['http.request.resend_count'],
  ],
  onDeferred: ({ error }) => error.resumeToken,
  onRefused: ({ error }) => error.why.tag,
};
const headroom: Headroom = createHeadroom(options);
const call: CallOptions = { deadline: 25_000, priority: 'background', context: { trigger: 'async-event' } };

isTrue<Same<typeof headroom.fetch, (input: string | URL | Request, init?: RequestInit) => Promise<Response>>>();
const asFetch: typeof fetch = headroom.fetch;

export async function use(signal: AbortSignal): Promise<Explanation | undefined> {
  const text = await headroom.invokeWithRetry(async (id: number, { attempt }: Attempt) => `${id} ${attempt}`, 7, call);
  isTrue<Same<typeof text, string>>();
  const response = await headroom.requestWithRetry('/wiki/rest/api/content/1', { signal, tenant: 'acme' });
  isTrue<Same<typeof response, Response>>();
  const axios = await headroom.requestWithRetry(
    { path: '/x', method: 'POST' },
    {
      send: async (request) => ({ status: 200, headers: { path: request.path }, data: 7 }),
    },
  );
  isTrue<Same<typeof axios.data, number>>();
  const verdict = headroom.quotaCheck({ functionKey: 'getText', context: { account: 'ada' } });
  isTrue<Same<typeof verdict, Verdict>>();
  headroom.restore(headroom.save().bytes);
  try {
    await asFetch('https://acme.atlassian.net');
  } catch (error) {
    if (error instanceof DeferredError) {
      isTrue<Same<typeof error.notBefore, Date>>();
      isTrue<Same<typeof error.limit, Limit>>();
      isTrue<Same<typeof error.name, 'DeferredError'>>();
      isTrue<Same<typeof error.requeueAfterSeconds, number>>();
    }
    if (error instanceof RefusedError) isTrue<Same<typeof error.reason, string>>();
    return explain(error, { path: '/x' });
  }
}

// What must not compile.
// @ts-expect-error: there is no such option
createHeadroom({ qota: 1 });
// @ts-expect-error: a span is no text
createHeadroom({ maxElapsed: '1s' });
// @ts-expect-error: there is no such runtime
createHeadroom({ defaults: { runtime: 'lambda' } });
// @ts-expect-error: the payload is not what the function takes
void headroom.invokeWithRetry((id: number) => id, 'seven');
// @ts-expect-error: an object without address
void headroom.requestWithRetry({ method: 'GET' });
// @ts-expect-error: nobody but the driver makes one
new DeferredError();
// @ts-expect-error: what was saved are bytes
headroom.restore('text');
