import type {
  Answer,
  AttemptCount,
  CallOptions,
  Config,
  Operation,
  Outcome,
  Saved,
  Snapshot,
  Verdict,
} from '../dist/types/types.js';

export type * from '../dist/types/types.js';
export { ConfigError, StateError } from './planner.js';

/** What a client is made of. */
export interface ClientOptions {
  /**
   * Sends an operation once and gives what came back.
   *
   * It neither retries nor waits on limits, and a refusal such as 429 is an answer, not an error. Many calls may be
   * on their way at once. What it throws counts as an attempt without an answer: a value of the type `AttemptError`
   * as it is, an error named `TimeoutError` as `timed-out`, anything else as `other` with its message.
   */
  send: (operation: Operation, attempt: AttemptCount) => Promise<Answer> | Answer;
  /** `wasi:clocks/monotonic-clock`, in nanoseconds. Without it: `performance.now` and `setTimeout`. */
  monotonicClock?: { now(): bigint; waitFor(nanos: bigint): Promise<void> };
  /** `wasi:clocks/system-clock`. Without it: `Date.now`. */
  systemClock?: { now(): { seconds: bigint; nanoseconds: number } };
  /** `wasi:random/random`, for the seed. Without it: `crypto.getRandomValues`. */
  random?: { getRandomU64(): bigint };
}

/** One instance of the component. All its calls share one limiter. */
export interface Client {
  /** A configuration to start from. */
  defaultConfig(): Promise<Config>;
  /**
   * Sets how this instance works; without it, `defaultConfig` holds. What was counted so far is forgotten, so it
   * belongs before the first call. Rejects with a {@link ConfigError} if a field is out of its range, or, naming
   * the field `calls`, while calls are open.
   */
  configure(config: Config): Promise<void>;
  /** Says whether an operation could be sent now, and takes nothing. */
  quotaCheck(operation: Operation, options?: CallOptions): Promise<Verdict>;
  /** Tells how many users a tenant has, for what `tenantCap` grants it; 0 until told. */
  setUsers(tenant: string, users: number): Promise<void>;
  /** All that this instance knows, to be shown. It takes nothing. */
  status(): Promise<Snapshot>;
  /** Writes down what this instance knows, so that a later one can go on with it. Open calls are not saved. */
  save(): Promise<Saved>;
  /**
   * Takes in what was saved; belongs before the first call. Rejects with a {@link StateError} if the bytes are not
   * what was saved, or while calls are open; the instance is then as it was.
   */
  restore(saved: Uint8Array): Promise<void>;
  /**
   * Carries one operation through to its outcome: waits for its turn, sends, waits out refusals, retries.
   *
   * It never sends earlier than the server said. If the next instant lies beyond the deadline, the outcome is
   * `deferred` at once. It cannot be cancelled from JavaScript: bound it with a deadline.
   */
  invokeWithRetry(operation: Operation, options?: CallOptions): Promise<Outcome>;
}

/**
 * A new instance of the component with a limiter of its own. Share one client among all that share limits.
 *
 * Rejects with a `TypeError` without `send`, and with an `Error` where JSPI is missing: Node 24 or newer has it.
 */
export function createClient(options: ClientOptions): Promise<Client>;
