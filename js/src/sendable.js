/**
 * How to send a request once by `fetch`, as often as needed: a body that can be read once is cloned for each attempt.
 *
 * @returns {(request: unknown, told: { signal?: AbortSignal }) => Promise<Response>}
 */
export function sendable(input, init, fetch) {
  const isRequest = (value) => typeof value?.clone === 'function' && typeof value.url === 'string';
  const isStream = (body) => typeof body?.getReader === 'function' || typeof body?.pipe === 'function';
  if (isRequest(input) || isStream(init?.body ?? input?.body)) {
    const { address, rest } = split(input, init);
    const whole = isRequest(input) && !init ? input : new Request(address, { duplex: 'half', ...rest });
    return (_, { signal }) => fetch(whole.clone(), { signal });
  }
  const { address, rest } = split(input, init);
  return (_, { signal }) => fetch(address, signal ? { ...rest, signal } : rest);
}

/** A request of ours as the two arguments of `fetch`. */
function split(input, init) {
  const isOurs = typeof input === 'object' && !(input instanceof URL) && typeof input.clone !== 'function';
  if (!isOurs) return { address: input, rest: init };
  const { url, path, tenant: _, ...rest } = input;
  return { address: url ?? path ?? input, rest: { ...rest, ...init } };
}
