import * as wit from '../dist/types/limiter.js';
import type { StateFault } from '../dist/types/types.js';

export type * from '../dist/types/types.js';
export type { Step } from '../dist/types/limiter.js';
export { defaultConfig, merge } from '../dist/types/limiter.js';

/**
 * The shared knowledge of one app: its pools, its windows and its open calls.
 *
 * Instants and spans are `bigint` milliseconds (`BigInt(Date.now())`), for the component counts in 64 bits.
 * The constructor throws a {@link ConfigError} if a field of the configuration is out of its range, and `restore` a
 * {@link StateError} if the bytes are not what was saved.
 */
export class Limiter extends wit.Limiter implements Disposable {
  begin(operation: wit.Operation, options: wit.CallOptions, now: wit.InstantMs): Call;
  /** Frees it at once instead of when it is collected. Its open calls go on. */
  [Symbol.dispose](): void;
}

/** One operation on its way through attempts and waits. Only {@link Limiter.begin} makes one. */
export interface Call extends Pick<wit.Call, 'next' | 'onResponse' | 'onFailure'>, Disposable {
  /** Gives the call up: what it had reserved and not sent is released. Needed after `done`, too, to be forgotten. */
  [Symbol.dispose](): void;
}

/** A configuration that was not taken. */
export class ConfigError extends RangeError {
  /** The field's name, such as `maxAttempts` or `burst.perSecond`. */
  readonly field: string;
}

/** A saved state that was not taken; the limiter is as it was. */
export class StateError extends Error {
  /** What is wrong with it. */
  readonly fault: StateFault;
}
