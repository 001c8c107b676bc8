import type { CallOptions, Headroom } from './index.js';

/** A function of a product in `@forge/bridge`. */
export type BridgeRequest = (restPath: string, init?: Omit<RequestInit, 'signal'>) => Promise<Response>;

/** What is used of `@forge/bridge`. */
export interface BridgeFunctions {
  invoke?: (
    functionKey: string,
    payload?: Record<string, unknown>,
    metadata?: { rateLimitProperties?: boolean },
  ) => Promise<unknown>;
  requestConfluence?: BridgeRequest;
  requestJira?: BridgeRequest;
  requestBitbucket?: BridgeRequest;
}

/** A request that is carried through. `init.signal` is heeded, though the bridge itself knows none. */
export type WrappedBridgeRequest = (restPath: string, init?: RequestInit, options?: CallOptions) => Promise<Response>;

/**
 * An invocation that is carried through. The rate is asked for with every call; without `metadata` of your own you get
 * the function's value and nothing around it.
 */
export type WrappedInvoke = <T = unknown>(
  functionKey: string,
  payload?: Record<string, unknown>,
  metadata?: { rateLimitProperties?: boolean },
  options?: CallOptions,
) => Promise<T>;

/** The functions that were passed, carried through, and the driver that they share. */
export type WrappedBridge<B extends BridgeFunctions> = {
  readonly [K in keyof B & keyof BridgeFunctions]: K extends 'invoke' ? WrappedInvoke : WrappedBridgeRequest;
} & { readonly headroom: Headroom };

/**
 * Wraps functions of `@forge/bridge`, for Custom UI: `wrapBridge({ invoke, requestConfluence })`.
 *
 * The bridge's own limiter (500 invocations in 25 seconds) is waited out like any other. Without `headroom` it makes
 * one; pass yours to share limits with other calls.
 */
export function wrapBridge<B extends BridgeFunctions>(bridge: B, headroom?: Headroom): WrappedBridge<B>;
