// What people use, each by its default or documented configuration, on the same calls: `load` gives `(id) => value`.
//
// The limits that have to be told are told so that no call has to wait: nothing but their own work is left. Each loads
// its packages itself, since each runs in a process of its own.

const ORIGIN = 'https://acme.atlassian.net';
const PATH = '/wiki/rest/api/content/1';

/** The calls: a function that gives an object, and a request that is answered with one. */
const work = async (id) => ({ id });
const answer = async () => new Response('{"id":1}', { headers: { 'content-type': 'application/json' } });

/** The most points per hour that a configuration takes: our own limits, too, are out of the way. */
const QUOTA = 10_000_000;

/** Limiters and retries around any function. */
export const FUNCTIONS = {
  'no library': { load: () => work },
  headroom: {
    async load() {
      const { createHeadroom } = await import('headroom-forge');
      const headroom = createHeadroom({ invocations: 'forge-current' });
      // A scheduled function has no rate to keep to.
      const options = { functionKey: 'work', context: { trigger: 'scheduled' } };
      return (id) => headroom.invokeWithRetry(work, id, options);
    },
  },
  bottleneck: {
    packages: ['bottleneck'],
    async load(calls) {
      const { default: Bottleneck } = await import('bottleneck');
      const limiter = new Bottleneck({ reservoir: calls });
      return (id) => limiter.schedule(work, id);
    },
  },
  'p-retry': {
    packages: ['p-retry'],
    async load() {
      const { default: pRetry } = await import('p-retry');
      return (id) => pRetry(() => work(id));
    },
  },
};

/** HTTP clients that limit or retry, over one and the same `fetch`. */
export const CLIENTS = {
  'no library': { load: () => async () => (await answer()).json() },
  // As ours does: the component counts the objects of an answer, and its reader gets it whole.
  'no library, each body cloned and read twice': {
    load: () => async () => {
      const response = await answer();
      await response.clone().arrayBuffer();
      return response.json();
    },
  },
  headroom: {
    async load() {
      const { createHeadroom } = await import('headroom-forge');
      const { fetch } = createHeadroom({ fetch: answer, quota: QUOTA, burst: undefined });
      return async () => (await fetch(ORIGIN + PATH)).json();
    },
  },
  'axios alone': {
    packages: ['axios'],
    async load() {
      const client = await axiosClient();
      return async () => (await client.get(PATH)).data;
    },
  },
  'axios-retry': {
    packages: ['axios', 'axios-retry'],
    async load() {
      const { default: axiosRetry } = await import('axios-retry');
      const client = await axiosClient();
      axiosRetry(client);
      return async () => (await client.get(PATH)).data;
    },
  },
  'octokit alone': {
    packages: ['@octokit/core'],
    async load() {
      const { Octokit } = await import('@octokit/core');
      const client = new Octokit({ baseUrl: ORIGIN, request: { fetch: answer } });
      return async () => (await client.request(`GET ${PATH}`)).data;
    },
  },
  'octokit, throttling': {
    packages: ['@octokit/core', '@octokit/plugin-throttling'],
    async load() {
      const { Octokit } = await import('@octokit/core');
      const { throttling } = await import('@octokit/plugin-throttling');
      const Throttled = Octokit.plugin(throttling);
      const throttle = { onRateLimit: () => true, onSecondaryRateLimit: () => true };
      const client = new Throttled({ baseUrl: ORIGIN, request: { fetch: answer }, throttle });
      return async () => (await client.request(`GET ${PATH}`)).data;
    },
  },
  'effect alone': { packages: ['effect'], load: () => effectClient() },
  'effect, withRateLimiter': {
    packages: ['effect'],
    async load(calls) {
      const { HttpClient } = await import('effect/http');
      return effectClient((limiter) =>
        HttpClient.withRateLimiter({ limiter, key: 'acme', limit: calls, window: '1 minute' }),
      );
    },
  },
};

async function axiosClient() {
  const { default: axios } = await import('axios');
  return axios.create({ baseURL: ORIGIN, adapter: 'fetch', env: { fetch: answer, Request, Response } });
}

/** Effect's client over `answer`, with what is wrapped around it, if anything. */
async function effectClient(wrapping = () => (client) => client) {
  const { Effect, Layer, ManagedRuntime } = await import('effect');
  const { FetchHttpClient, HttpClient } = await import('effect/http');
  const { RateLimiter } = await import('effect/persistence');
  const runtime = ManagedRuntime.make(
    Layer.mergeAll(
      FetchHttpClient.layer,
      Layer.succeed(FetchHttpClient.Fetch, answer),
      RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory)),
    ),
  );
  const plain = await runtime.runPromise(HttpClient.HttpClient);
  const client = wrapping(await runtime.runPromise(RateLimiter.RateLimiter))(plain);
  return () => runtime.runPromise(Effect.flatMap(client.get(ORIGIN + PATH), (response) => response.json));
}
