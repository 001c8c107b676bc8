// The entry `headroom-forge`: the driver, and the planner that decides for it.

export { createHeadroom } from './headroom.js';
export { explain } from './explain.js';
export { DeferredError, RefusedError } from './outcome.js';
export { ConfigError, defaultConfig, Limiter, merge, StateError } from './planner.js';
