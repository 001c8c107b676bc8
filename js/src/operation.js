// What a caller wants sent, as an operation of the component.

import { text, wrong } from './arguments.js';

const WANTED = 'a path, a URL, a Request, or an object with `path` or `url`';

/**
 * A REST request in whatever form it comes: text, `URL`, `Request`, a route of @forge/api, or an object.
 *
 * The component reads tenant, method and path, so nothing else is handed to it. The tenant is that of the options, that
 * of the request, the cloud id in the path, or the host.
 */
export function restOperation(request, init, { tenant } = {}) {
  const where = request?.url ?? request?.path ?? request?.value ?? request;
  const address = where instanceof URL ? where.href : where;
  if (typeof address !== 'string' || address === '') throw wrong('request', request, WANTED);
  const { host, path } = parts(address);
  const method = text(init?.method ?? request.method, 'request.method') ?? 'GET';
  const of = tenant ?? text(request.tenant, 'request.tenant') ?? cloudId(path) ?? host;
  return { tag: 'rest', val: { tenant: of, method: method.toUpperCase(), path, headers: [] } };
}

/** An invocation of a Forge function. Its payload stays here: the component never reads it. */
export function invokeOperation(functionKey, context) {
  return { tag: 'invoke', val: { functionKey, payload: '', context } };
}

/** What `quotaCheck` is asked about: an operation as it is, a function by its key, or a request. */
export function anyOperation(operation, options) {
  if (operation?.tag === 'rest' || operation?.tag === 'invoke') return operation;
  if (typeof operation?.functionKey !== 'string') return restOperation(operation, undefined, options);
  return invokeOperation(operation.functionKey, { ...options.context, ...operation.context });
}

function parts(address) {
  if (address.startsWith('/')) return { host: '', path: address.replace(/#.*$/s, '') };
  try {
    const { host, pathname, search } = new URL(address);
    return { host, path: pathname + search };
  } catch {
    throw wrong('request', address, 'a URL, or a path that begins with `/`');
  }
}

/** `/ex/{product}/{cloudId}/…` is how 3LO apps address a site (developer.atlassian.com, "OAuth 2.0 (3LO) apps"). */
const cloudId = (path) => /^\/ex\/[^/]+\/([^/?]+)/.exec(path)?.[1];
