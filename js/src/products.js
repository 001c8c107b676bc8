// What @forge/bridge and @forge/api have in common: functions that send one request to a product.

const NAMES = ['requestConfluence', 'requestJira', 'requestBitbucket'];

/** Those of these functions that there are, carried through: `(path, init, options)`. */
export function products(functions, headroom, wishes = () => ({})) {
  const wrapped = {};
  for (const name of NAMES) {
    const request = functions[name];
    if (typeof request === 'function') wrapped[name] = requesting(request.bind(functions), headroom, wishes);
  }
  return wrapped;
}

const requesting = (request, headroom, wishes) => async (path, init, options) => {
  // The bridge warns of a signal and drops it; the driver heeds it either way.
  const { signal, ...rest } = init ?? {};
  const send = () => request(path, init && rest);
  const described = { path: path?.value ?? path, method: rest.method };
  return headroom.requestWithRetry(
    described,
    carried(options, { ...wishes(options), ...(signal && { signal }), send }),
  );
};

/** The caller's wishes under those that the adapter needs itself. */
export const carried = (options, ours) => ({ ...options, ...ours });
