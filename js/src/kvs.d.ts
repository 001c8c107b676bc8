import type { Headroom, StateError } from './index.js';

/** What is used of the `kvs` of `@forge/kvs`. */
export interface KvsLike {
  get(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
}

/** Where to keep it. */
export interface MemoryOptions {
  /** Under which key; one for all that share limits. Without it: `headroom`. */
  key?: string;
  /** Hears what went wrong with the storage, or with what was stored. What it throws is ignored. */
  onLost?: (error: StateError | Error) => unknown;
}

/** What a limiter knows, in storage. No method ever rejects because of the storage. */
export interface Memory {
  /** Takes in what is stored. False if there was nothing to take in, if calls are open, or if it could not be read. */
  load(): Promise<boolean>;
  /**
   * Merges what is stored with what is known, such that it grants no more than either, and stores that. Two that store
   * at the same moment may lose what one of them learned, until the server says it again. False if it was not stored.
   */
  store(): Promise<boolean>;
  /** A function that loads before and stores after each run. */
  around<P extends unknown[], T>(handler: (...parameters: P) => Promise<T> | T): (...parameters: P) => Promise<T>;
}

/** Keeps what a limiter knows in `@forge/kvs`, as base64 of at most 88 KiB. */
export function createMemory(headroom: Headroom, kvs: KvsLike, options?: MemoryOptions): Memory;
