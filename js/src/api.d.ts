import type { CallOptions, DeferredError, Headroom } from './index.js';

/** What is read of a response of `@forge/api`. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: object;
}

/** A function of a product in `@forge/api`: `route` is that of its `route` template. */
export type ApiRequest<R, I, A extends ApiResponse> = (route: R, init?: I) => Promise<A>;

/** What is used of `@forge/api`; `api.asApp()` and `api.asUser()` have it. */
export interface ApiFunctions {
  requestConfluence?: ApiRequest<never, never, ApiResponse>;
  requestJira?: ApiRequest<never, never, ApiResponse>;
  requestBitbucket?: ApiRequest<never, never, ApiResponse>;
}

/** The same function, carried through, with wishes for the call as its last argument. */
export type WrappedApiRequest<F> = F extends (route: infer R, init?: infer I) => Promise<infer A>
  ? (route: R, init?: I, options?: CallOptions) => Promise<A>
  : never;

type Wrapped<F> = {
  readonly [K in keyof F & keyof ApiFunctions]: WrappedApiRequest<NonNullable<F[K]>>;
};

/** What calls a function of a Forge app. */
export type Runtime = 'ui' | 'web-trigger' | 'async-event';

/** The wrapped functions within the time that one run of a function has. */
export type Bounded<F extends ApiFunctions> = Wrapped<F> & {
  readonly headroom: Headroom;
  /** Milliseconds that are left for waits. */
  leftMs(): number;
};

/** The functions that were passed, carried through, and the driver that they share. */
export type WrappedApi<F extends ApiFunctions> = Wrapped<F> & {
  readonly headroom: Headroom;
  /**
   * A function whose waits end before the platform stops it: 25 s after it began for `ui` (a resolver), 55 s for
   * `web-trigger`, 900 s for `async-event`, less `marginMs` (2,000). What would wait longer is deferred at once.
   */
  within<P extends unknown[], T>(
    runtime: Runtime,
    handler: (forge: Bounded<F>, ...parameters: P) => Promise<T> | T,
    options?: { marginMs?: number },
  ): (...parameters: P) => Promise<T>;
};

/** Wraps functions of `@forge/api`: `wrapApi(api.asApp())`. Without `headroom` it makes one. */
export function wrapApi<F extends ApiFunctions>(api: F, headroom?: Headroom): WrappedApi<F>;

/** What is used of a `Queue` of `@forge/events`. */
export interface QueueLike<R = unknown> {
  push(event: { body: Record<string, unknown>; delayInSeconds?: number }): Promise<R>;
}

/**
 * Puts a deferred call into a queue, with its token and the right delay: until it is worth trying again, at most 900
 * seconds. `body` is what the consumer needs to begin the same call again; its key `headroom` is ours.
 */
export function deferToQueue<R>(queue: QueueLike<R>, error: DeferredError, body?: Record<string, unknown>): Promise<R>;

/** An event of such a queue. */
export interface EventLike {
  body: Record<string, unknown>;
}

/**
 * A consumer for that queue. The handler gets the event with the body as it was pushed, and the token, to be passed on
 * in the options of the call. Its `DeferredError` puts the event back into the queue: a long wait takes several hops.
 */
export function consumer<E extends EventLike, P extends unknown[], T>(
  queue: QueueLike,
  handler: (event: E, resume: { resumeToken?: string }, ...rest: P) => Promise<T> | T,
): (event: E, ...rest: P) => Promise<T | undefined>;
