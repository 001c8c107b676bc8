// Custom UI and UI Kit: the functions of @forge/bridge, carried through.

import { wrong } from './arguments.js';
import { createHeadroom } from './headroom.js';
import { carried, products } from './products.js';

/**
 * The functions of `@forge/bridge` that you pass, under the same names and with their own arguments; the wishes for a
 * call come last. The bridge's own limiter of 500 calls in 25 seconds is waited out like any other.
 *
 * @param {import('./bridge.d.ts').BridgeFunctions} bridge
 * @param {import('./index.d.ts').Headroom} [headroom]
 */
export function wrapBridge(bridge, headroom = createHeadroom()) {
  if (bridge === null || typeof bridge !== 'object') throw wrong('bridge', bridge, 'functions of `@forge/bridge`');
  const wrapped = products(bridge, headroom);
  if (typeof bridge.invoke === 'function') wrapped.invoke = invoking(bridge.invoke, headroom);
  return { ...wrapped, headroom };
}

/** Asks for the rate with every call: so the planner hears that none is left before somebody is refused. */
const invoking = (invoke, headroom) => async (functionKey, payload, metadata, options) => {
  if (typeof functionKey !== 'string') throw wrong('functionKey', functionKey, 'the key of a resolver function');
  const asking = { ...metadata, rateLimitProperties: true };
  const once = () => invoke(functionKey, payload, asking);
  const result = await headroom.invokeWithRetry(once, undefined, carried(options, { functionKey }));
  return metadata ? result : unwrapped(result);
};

/** With metadata, the bridge gives `{ body, metadata }`; a bridge that knows of none gives the value itself. */
function unwrapped(result) {
  const isWrapped = typeof result === 'object' && result !== null && 'body' in result;
  const isAll = isWrapped && Object.keys(result).every((key) => key === 'body' || key === 'metadata');
  return isAll ? result.body : result;
}
