// What every client that has to read `Retry-After` by itself is given, as Atlassian's page of 2025-12-12 has it: seconds.

/** How long an answer says to wait, in milliseconds; a second where it does not say. */
export function retryAfter(response) {
  const seconds = Number(response?.headers?.get?.('retry-after') ?? response?.headers?.['retry-after']);
  return seconds > 0 ? seconds * 1_000 : 1_000;
}

/** How long until a web trigger's window ends: RFC 130 of 2026-04-14 names the instant, in epoch milliseconds. */
export function untilReset(response) {
  const reset = Number(response?.headers?.get?.('rateLimitReset') ?? response?.headers?.ratelimitreset);
  return reset > 0 ? Math.max(0, reset - Date.now()) : 1_000;
}

/** Milliseconds to the next UTC hour, when the points are there again. */
export const untilTheHour = () => 3_600_000 - (Date.now() % 3_600_000);

/** Exponential backoff with full jitter, so that those who were refused together do not come again together. */
export const jitter = (count, most = 60_000) => Math.random() * Math.min(most, 100 * 2 ** count);

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends, and makes an error of a refusal. */
export async function send({ url, ...init }) {
  const response = await fetch(url, init);
  if (!response.ok) throw Object.assign(new Error(`status ${response.status}`), { response });
  return response;
}
