// Compiled, never run: the public types as a user meets them.

import { ConfigError, defaultConfig, Limiter, merge, StateError } from 'headroom-forge';
import type { Answer, Call, Config, Operation, Outcome, Saved, StateFault, Step, Verdict } from 'headroom-forge';
import { createClient } from 'headroom-forge/component';
import type { Client } from 'headroom-forge/component';

const config: Config = { ...defaultConfig(), maxAttempts: 3, maxElapsed: 60_000n };
const limiter = new Limiter(config, 42n);
const operation: Operation = { tag: 'rest', val: { tenant: 'acme', method: 'GET', path: '/', headers: [] } };
const answer: Answer = { tag: 'response', val: { status: 200, headers: [], body: new Uint8Array() } };

const verdict: Verdict = limiter.quotaCheck(operation, {}, 0n);
const left: number | undefined = verdict.pointsLeft;
if (verdict.decision.tag === 'wait-until') verdict.decision.val.until satisfies bigint;

const saved: Saved = limiter.save(0n);
limiter.restore(merge(saved.bytes, saved.bytes, 0n).bytes, 0n);
saved.leftOut satisfies number;
export const faultOf = (error: unknown): StateFault | undefined => (error instanceof StateError ? error.fault : undefined);

export function drive(): Outcome {
  using call: Call = limiter.begin(operation, { deadline: 25_000n, idempotent: true }, 0n);
  for (;;) {
    const step: Step = call.next(0n);
    switch (step.tag) {
      case 'send':
        step.val satisfies number;
        call.onResponse(answer, 0n);
        break;
      case 'wait-until':
        step.val.limit.scope.tag satisfies string;
        call.onFailure({ tag: 'connection', val: 'reset' }, step.val.until);
        break;
      case 'awaiting-answer':
        break;
      case 'done':
        return step.val;
      default:
        step satisfies never;
    }
  }
}

export function describe(outcome: Outcome): string {
  const { ending } = outcome;
  switch (ending.tag) {
    case 'success':
      return ending.val.tag;
    case 'deferred':
      return `not before ${ending.val.notBefore}`;
    case 'refused':
      return ending.val.why.tag;
    case 'failed':
      return ending.val.tag;
  }
}

export const fieldOf = (error: unknown): string | undefined => (error instanceof ConfigError ? error.field : undefined);

export async function withHands(): Promise<Outcome> {
  const client: Client = await createClient({
    send: async (operation, attempt) => (operation.tag satisfies string, attempt satisfies number, answer),
  });
  await client.configure({ ...(await client.defaultConfig()), pool: 'per-tenant' });
  return client.invokeWithRetry(operation);
}

// What must not compile.
// @ts-expect-error: an instant is a bigint
limiter.quotaCheck(operation, {}, Date.now());
// @ts-expect-error: there is no such kind of operation
limiter.quotaCheck({ tag: 'graphql', val: {} }, {}, 0n);
// @ts-expect-error: a state is bytes
limiter.restore('text', 0n);
// @ts-expect-error: a limiter needs a seed
new Limiter(config);
// @ts-expect-error: a field of the configuration is missing
const incomplete: Config = { quota: 1 };
// @ts-expect-error: a client needs `send`
void createClient({});

export { incomplete, left };
