// The planner: decides when to send, wait or defer, and does nothing else. All decisions are the component's;
// this file only loads it and gives its errors a name. (It is compiled at once: 240 KiB, and browsers compile up to
// 8 MiB on their main thread.)

import { instantiate } from '../dist/planner/planner.js';
import { modules } from '../dist/planner/modules.js';
import { ConfigError, StateError, named, naming } from './errors.js';
import { loader } from './load.js';

const instantiateCore = (module, imports) => new WebAssembly.Instance(module, imports);
const { limiter } = instantiate(loader(modules), {}, instantiateCore);

/** Under which name calls and limiters are freed, as the bindings have it: not every runtime has `Symbol.dispose`. */
export const DISPOSE = Symbol.dispose ?? Symbol.for('dispose');

/** A configuration to start from; a new object each time. */
export const { defaultConfig } = limiter;

/** Makes one memory of two; it grants no more than either. Throws a `StateError` if one is not what was saved. */
export const merge = naming(limiter.merge);

const { prototype } = limiter.Limiter;
prototype.restore = naming(prototype.restore);

/**
 * The shared knowledge of one app: its pools, its windows and its open calls.
 *
 * `new Limiter(config, seed)`; throws a `ConfigError` if a field is out of its range. (A subclass would not do:
 * the bindings' constructor returns an object of their own class.)
 */
export const Limiter = new Proxy(limiter.Limiter, {
  construct(target, parameters) {
    try {
      return new target(...parameters);
    } catch (error) {
      throw named(error);
    }
  },
});

export { ConfigError, StateError };
