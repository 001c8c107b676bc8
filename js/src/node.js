// Connect and 3LO apps on Node: a `fetch` for one site, and middleware for `(request, response, next)`.

import { func, record, span, text, wrong } from './arguments.js';

const siteOf = record({ cloudId: text, product: text, token: func, baseUrl: text, fetch: func });
const boundsOf = record({ deadlineMs: span, tenant: func, user: func });

/** Where 3LO apps find all sites (developer.atlassian.com, "OAuth 2.0 (3LO) apps"). */
const GATEWAY = 'https://api.atlassian.com';

/**
 * `fetch` for one site of a 3LO app: paths are those of the product, and each attempt has a token that is valid then.
 *
 * @param {import('./index.d.ts').Headroom} headroom
 * @param {import('./node.d.ts').Site} site
 */
export function siteFetch(headroom, site) {
  const { cloudId, product, token, baseUrl = GATEWAY, fetch = globalThis.fetch } = siteOf(site ?? {}, 'site');
  if (!cloudId) throw wrong('site.cloudId', cloudId, 'the id from `/oauth/token/accessible-resources`');
  if (!product) throw wrong('site.product', product, '`jira` or `confluence`');
  return async (path, init = {}, options = {}) => {
    if (typeof path !== 'string' || !path.startsWith('/')) throw wrong('path', path, 'a path that begins with `/`');
    const url = `${baseUrl}/ex/${product}/${encodeURIComponent(cloudId)}${path}`;
    const { signal, ...rest } = init;
    const send = async (_, told) => {
      const headers = new Headers(rest.headers);
      if (token) headers.set('Authorization', `Bearer ${await token()}`);
      return fetch(url, { ...rest, headers, ...(told.signal && { signal: told.signal }) });
    };
    const ours = { tenant: cloudId, send, ...(signal && { signal }) };
    return headroom.requestWithRetry({ url, method: rest.method }, { ...options, ...ours });
  };
}

/**
 * Middleware that gives each request its own `request.headroom`: calls made through it end when the client goes away,
 * and none waits longer than the client will.
 *
 * @param {import('./index.d.ts').Headroom} headroom
 * @param {import('./node.d.ts').MiddlewareOptions} [options]
 */
export function middleware(headroom, options = {}) {
  const { deadlineMs = 25_000, tenant, user } = boundsOf(options, 'options');
  return (request, response, next) => {
    const gone = new AbortController();
    // `close` also comes after a whole answer; then there is nothing left to abort.
    response.on('close', () => gone.abort(new Error('the client went away')));
    const end = Number(headroom.now()) + Number(deadlineMs);
    const wishes = (given = {}) => {
      const deadline = Math.min(
        Math.max(0, end - Number(headroom.now())),
        Number(given.deadline ?? Number.POSITIVE_INFINITY),
      );
      const whose = { tenant: tenant?.(request), user: user?.(request) };
      return { signal: gone.signal, ...whose, ...given, deadline };
    };
    request.headroom = {
      requestWithRetry: async (what, given) => headroom.requestWithRetry(what, wishes(given)),
      quotaCheck: (what, given) => headroom.quotaCheck(what, wishes(given)),
      options: wishes,
      signal: gone.signal,
    };
    next();
  };
}

/**
 * Error middleware: a call that was deferred becomes 503 with `Retry-After`, one that was refused 502. Anything else
 * goes on to the next one.
 */
export function limitErrors() {
  return (error, _request, response, next) => {
    const status = { DeferredError: 503, RefusedError: 502 }[error?.name];
    if (!status || response.headersSent) {
      next(error);
      return;
    }
    response.statusCode = status;
    if (status === 503) response.setHeader('Retry-After', String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))));
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ error: error.message }));
  };
}
