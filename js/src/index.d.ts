import type {
  CallOptions as PlannerCallOptions,
  Config,
  Context,
  Limit,
  LogEntry,
  Never,
  Operation,
  RateWindow,
  Saved,
  Snapshot,
  Verdict,
} from '../dist/types/types.js';

export * from './planner.js';

/** A span of time in milliseconds, 0 or more. Fractions of a number are dropped. */
export type Milliseconds = number | bigint;

/** The spans of a configuration, which may be numbers here. */
type Spans = 'maxElapsed' | 'jitter' | 'backoff';

/** Attributes for a span, under the names of OpenTelemetry where it has one. */
export interface Attributes {
  /** The method of a request, in capitals. */
  'http.request.method'?: string;
  /** How many times it was sent again; absent the first time. */
  'http.request.resend_count'?: number;
  /** The key of an invoked function. */
  'faas.invoked_name'?: string;
  /** The tenant whose limits hold. */
  'headroom.tenant'?: string;
  /** The kind of limit that is waited for, such as `points-quota`. */
  'headroom.limit.kind'?: string;
  /** What it counts together, such as `tenant`. */
  'headroom.limit.scope'?: string;
}

/** What a function that sends once is told. */
export interface Attempt {
  /** Which attempt it is; the first is 1. */
  readonly attempt: number;
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal | undefined;
  /** For the span of this attempt. */
  readonly attributes: Attributes;
}

/**
 * A request: a path or an address, a `Request`, a route of `@forge/api`, or an object.
 *
 * Its tenant is, in this order, that of the options, its own `tenant`, the cloud id in `/ex/{product}/{cloudId}`, or
 * the host.
 */
export type RequestLike =
  | string
  | URL
  | Request
  | { readonly value: string }
  | (Omit<RequestInit, 'signal'> & { url: string | URL; path?: never; tenant?: string })
  | (Omit<RequestInit, 'signal'> & { path: string; url?: never; tenant?: string });

/** What is read of a response; those of `fetch`, `@forge/api`, `@forge/bridge`, axios and Node all fit. */
export interface ResponseLike {
  readonly status: number;
  readonly headers: object;
}

/** Wishes for one call; what is left out is as in `defaults`, else as in the configuration. */
export interface CallOptions extends Omit<PlannerCallOptions, 'deadline'> {
  /** How long the caller can wait altogether. What would wait longer is deferred at once. */
  deadline?: Milliseconds;
  /** Aborting it gives back what the call had reserved, and rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Whose data a request asks for. */
  tenant?: string;
  /** Under which key a function is counted; without it, the name of the JavaScript function. */
  functionKey?: string;
  /** Whose invocation it is. Without it, one installation in production, invoked from the UI. */
  context?: Partial<Context>;
}

/** Wishes for one request. */
export interface RequestOptions<R extends ResponseLike = Response, Q = RequestLike> extends CallOptions {
  /** Sends once. Without it, `fetch` does. An error with a `response` or a `status` is an answer. */
  send?: (request: Q, attempt: Attempt) => Promise<R> | R;
}

/** A call waits. */
export interface WaitEvent {
  readonly operation: Operation;
  /** Until then nothing is sent. It may turn out later, never earlier. */
  readonly until: Date;
  readonly waitMs: number;
  readonly limit: Limit;
  /** The kind of limit. */
  readonly reason: string;
  readonly attributes: Attributes;
}

/** A call ended with this error. */
export interface EndEvent<E> {
  readonly operation: Operation;
  readonly error: E;
  readonly reason: string;
  readonly attributes: Attributes;
}

/** How a driver works: the configuration of its limiter, where that is not the default, and its surroundings. */
export interface HeadroomOptions
  extends Partial<Omit<Config, Spans | 'windows'>>, Partial<Record<Spans, Milliseconds>> {
  /** Further limits that the app keeps to: at most so many within any span. 8 at most. */
  windows?: (Omit<RateWindow, 'span'> & { span: Milliseconds })[];
  /** The clock: milliseconds since 1970. Without it: `Date.now`. */
  now?: () => number | bigint | Date;
  /** Waits so many milliseconds. Without it: `setTimeout`, as often as needed. */
  sleep?: (millis: number, signal?: AbortSignal) => Promise<void>;
  /** Draws all jitter. Give each process its own; without it: `crypto.getRandomValues`. */
  seed?: number | bigint;
  /** Sends requests. Without it: the global `fetch`. */
  fetch?: typeof fetch;
  /** Wishes for all calls. */
  defaults?: CallOptions;
  /** Hears of each wait. What a hook throws is ignored; so below. */
  onWait?: (event: WaitEvent) => unknown;
  /** Hears of each call that was deferred. */
  onDeferred?: (event: EndEvent<DeferredError>) => unknown;
  /** Hears of each call that was given up. */
  onRefused?: (event: EndEvent<RefusedError>) => unknown;
}

/** What an answer or an error means. */
export interface Explanation {
  /** Whether a limit of the server, or of ours, stands behind it. */
  readonly isLimit: boolean;
  /** The kind of limit, why none would ever let it pass, or `no-limit`. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
  readonly limit?: Limit;
  /** When to come again, where an instant was named. */
  readonly notBefore?: Date;
}

/** To which request an answer belongs, where that matters. */
export interface ExplainOptions {
  /** When it came. Without it: now. */
  now?: number | bigint | Date;
  method?: string;
  path?: string;
  tenant?: string;
}

/**
 * A limiter with hands, for all calls that share limits. Every decision is the component's.
 *
 * A wrong argument is a `TypeError` that names it; a value out of its range a {@link ConfigError}.
 */
export interface Headroom {
  /**
   * Carries an invocation through: waits for its turn, calls `fn(payload, attempt)`, waits out refusals, calls again.
   *
   * Resolves to what `fn` resolved to. Rejects with a {@link DeferredError}, a {@link RefusedError}, what `fn` threw if
   * that has nothing to do with limits, or the signal's reason.
   */
  invokeWithRetry<P, T>(
    fn: (payload: P, attempt: Attempt) => Promise<T> | T,
    payload: P,
    options?: CallOptions,
  ): Promise<T>;
  /**
   * Carries a request through. Resolves to a response that is no limit's, 404 included. Rejects as above.
   */
  requestWithRetry<R extends ResponseLike = Response, Q extends RequestLike = RequestLike>(
    request: Q,
    options?: RequestOptions<R, Q>,
  ): Promise<R>;
  /** `fetch` with the platform's signature, which carries requests through. Bound: it may be passed on. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Says whether this could be sent now, what it costs and what is left. Takes nothing. */
  quotaCheck(
    operation: RequestLike | Operation | { functionKey: string; context?: Partial<Context> },
    options?: CallOptions,
  ): Verdict;
  /** Says what a response or an error means, by this driver's clock. Takes nothing. */
  explain(responseOrError: unknown): Promise<Explanation>;
  /** Tells how many users a tenant has, for what `tenantCap` grants it; 0 until told. */
  setUsers(tenant: string, users: number): void;
  /** What this driver's clock shows: milliseconds since 1970. */
  now(): bigint;
  /** All that is known. */
  status(): Snapshot;
  /** What is known, in at most 64 KiB, for a later process. */
  save(): Saved;
  /** Takes in what was saved; belongs before the first call. Throws a {@link StateError} and is then as it was. */
  restore(saved: Uint8Array): void;
}

/** A driver with a limiter of its own: make one per process, and share it. */
export function createHeadroom(options?: HeadroomOptions): Headroom;

/** Says what a response or an error means: which limit, whose, and when to come again. */
export function explain(responseOrError: unknown, options?: ExplainOptions): Promise<Explanation>;

/** What both errors tell. Compare `name`: a program that loads ESM and CommonJS has each class twice. */
declare class LimitError extends Error {
  protected constructor();
  /** The kind of limit, or why no wait helps. */
  readonly reason: string;
  /** How many attempts were sent, those before a resume included. */
  readonly attempts: number;
  /** What happened, the oldest first. */
  readonly log: LogEntry[];
  /** What the caller's function gave last, if it gave anything. */
  readonly response?: unknown;
}

/** The call cannot be made within its deadline, but from a known instant on. */
export class DeferredError extends LimitError {
  readonly name: 'DeferredError';
  /** The first instant at which it is worth trying again. */
  readonly notBefore: Date;
  /** The same from now on, in milliseconds. */
  readonly retryAfterMs: number;
  /** The delay with which to put it into Forge's queue of async events: at most 900, so it may take several hops. */
  readonly requeueAfterSeconds: number;
  /** The limit that binds. */
  readonly limit: Limit;
  /** Begin the same call with it, in whatever process: its attempts count, and it waits for its instant. */
  readonly resumeToken: string;
}

/** The call was given up because of limits; no instant can be named at which it would succeed. */
export class RefusedError extends LimitError {
  readonly name: 'RefusedError';
  /** Why it was given up. */
  readonly why: Never;
}
