// What the tests say again and again.

/** 2026-11-21T12:20:00Z, and the full hours around it. */
export const NOW = BigInt(Date.UTC(2026, 10, 21, 12, 20));
export const SECOND = 1_000n;
export const MINUTE = 60n * SECOND;
export const NEXT_HOUR = NOW + 40n * MINUTE;

/** A REST request; reading one page costs 2 points. */
export const rest = (method, path, tenant = 'acme') => ({ tag: 'rest', val: { tenant, method, path, headers: [] } });
export const readPage = (id = 1, tenant = 'acme') => rest('GET', `/wiki/rest/api/content/${id}`, tenant);

/** A UI invocation of a Forge function. */
export const invocation = (account = 'ada', installation = 'acme-1', trigger = 'ui') => ({
  tag: 'invoke',
  val: {
    functionKey: 'getText',
    payload: '{}',
    context: { installation, account, environment: 'production', trigger },
  },
});

/** An HTTP answer. */
export function response(status, headers = {}) {
  const fields = Object.entries(headers).map(([name, value]) => ({ name, value: String(value) }));
  return { tag: 'response', val: { status, headers: fields, body: new Uint8Array() } };
}

/** An outcome, or a step that is done, without its log. */
export function unlogged({ log, ...rest }) {
  return rest.tag === 'done' ? { ...rest, val: unlogged(rest.val) } : rest;
}

export const isoOf = (instant) => new Date(Number(instant)).toISOString();
