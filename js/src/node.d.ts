import type {
  CallOptions,
  Headroom,
  Milliseconds,
  RequestLike,
  RequestOptions,
  ResponseLike,
  Verdict,
} from './index.js';

/** A site that granted access to a 3LO app. */
export interface Site {
  /** Its id, from `/oauth/token/accessible-resources`. It is the tenant whose limits hold. */
  cloudId: string;
  product: 'jira' | 'confluence';
  /** Gives an access token; asked before each attempt, for one may expire while a call waits. */
  token?: () => string | Promise<string>;
  /** Without it: `https://api.atlassian.com`. */
  baseUrl?: string;
  /** Sends. Without it: the global `fetch`. */
  fetch?: typeof fetch;
}

/** `fetch` for paths of one site, carried through. */
export function siteFetch(
  headroom: Headroom,
  site: Site,
): (path: string, init?: RequestInit, options?: CallOptions) => Promise<Response>;

/** What middleware uses of a server's response. */
export interface ServerResponseLike {
  statusCode: number;
  readonly headersSent: boolean;
  on(event: 'close', listener: () => void): unknown;
  setHeader(name: string, value: string): unknown;
  end(body?: string): unknown;
}

/** What `request.headroom` offers. */
export interface RequestHeadroom {
  requestWithRetry<R extends ResponseLike = Response, Q extends RequestLike = RequestLike>(
    request: Q,
    options?: RequestOptions<R, Q>,
  ): Promise<R>;
  quotaCheck(operation: RequestLike, options?: CallOptions): Verdict;
  /** These wishes with your own, for functions of `siteFetch`. */
  options(options?: CallOptions): CallOptions;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** How middleware treats requests. */
export interface MiddlewareOptions<Q = object> {
  /** How long a client waits, from when its request came. Without it: 25 seconds. */
  deadlineMs?: Milliseconds;
  /** For which tenant a request is. */
  tenant?: (request: Q) => string | undefined;
  /** For which account, for `userCap`. */
  user?: (request: Q) => string | undefined;
}

/** Middleware for Express, Connect and alike: gives each request its `request.headroom`. */
export function middleware<Q extends object>(
  headroom: Headroom,
  options?: MiddlewareOptions<Q>,
): (request: Q & { headroom?: RequestHeadroom }, response: ServerResponseLike, next: () => void) => void;

/** Error middleware: a deferred call becomes 503 with `Retry-After`, a refused one 502. The rest goes on. */
export function limitErrors(): (
  error: unknown,
  request: object,
  response: ServerResponseLike,
  next: (error?: unknown) => void,
) => void;
