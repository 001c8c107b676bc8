// The client world: decides, sends through your `send` and waits by the clock. Needs JSPI: Node 24 or newer.

import { instantiate } from '../dist/component/client.js';
import { modules } from '../dist/component/modules.js';
import { ConfigError, StateError, named } from './errors.js';
import * as host from './host.js';
import { loader } from './load.js';

/**
 * A new instance of the component with a limiter of its own. Share one client among all that share limits.
 *
 * @param {import('./component.d.ts').ClientOptions} options `send`, and where wished other clocks and randomness
 * @returns {Promise<import('./component.d.ts').Client>}
 * @throws {TypeError} if there is no `send`
 * @throws {Error} if this runtime has no JSPI
 */
export async function createClient({ send, ...wasi } = {}) {
  if (typeof send !== 'function') throw new TypeError('`send` is not a function: pass what sends one attempt');
  if (typeof WebAssembly.Suspending !== 'function') {
    throw new Error(
      'this runtime has no `WebAssembly.Suspending`: use node 24 or newer, or the planner of `headroom-forge`',
    );
  }
  const { monotonicClock, systemClock, random } = { ...host, ...wasi };
  const { retry } = await instantiate(loader(modules), {
    'headroom:forge/transport': { send: answering(send) },
    'wasi:clocks/monotonic-clock': monotonicClock,
    'wasi:clocks/system-clock': systemClock,
    'wasi:random/random': random,
  });
  return {
    defaultConfig: async () => retry.defaultConfig(),
    configure: async (config) => retry.configure(config).catch((error) => Promise.reject(named(error))),
    quotaCheck: async (operation, options = {}) => retry.quotaCheck(operation, options),
    setUsers: async (tenant, users) => retry.setUsers(tenant, users),
    status: async () => retry.status(),
    save: async () => retry.save(),
    restore: async (saved) => retry.restore(saved).catch((error) => Promise.reject(named(error))),
    invokeWithRetry: async (operation, options = {}) => retry.invokeWithRetry(operation, options),
  };
}

/**
 * `send` such that whatever it throws or gives is an answer or an attempt error. Anything else would end the
 * call half-way: the bindings give it up, and the component would count it as open for good.
 */
function answering(send) {
  return async (operation, attempt) => {
    try {
      return answer(await send(operation, attempt));
    } catch (error) {
      throw { payload: attemptError(error) };
    }
  };
}

function answer(value) {
  const { tag, val } = value ?? {};
  const isText = (text) => typeof text === 'string';
  const isField = (header) => isText(header?.name) && isText(header?.value);
  if ((tag === 'resolved' || tag === 'rejected') && isText(val)) return value;
  const isResponse = Array.isArray(val?.headers) && val.headers.every(isField) && val.body instanceof Uint8Array;
  if (tag === 'response' && isResponse) return value;
  throw new TypeError(`\`send\` gave no answer but \`${tag ?? value}\`: see the type \`Answer\``);
}

/** An attempt error is passed on, a timeout is one, and of anything else the message is. */
function attemptError(error) {
  if (['timed-out', 'connection', 'other'].includes(error?.tag)) return error;
  if (error?.name === 'TimeoutError') return { tag: 'timed-out' };
  return { tag: 'other', val: String(error?.message ?? error) };
}

export { ConfigError, StateError };
