// A `fetch` that answers like Atlassian on a bad day, without a network: each address is refused once.

const seen = new Set();

globalThis.fetch = async (address) => {
  if (seen.has(address)) return new Response('{}', { status: 200 });
  seen.add(address);
  return new Response('', { status: 429, headers: { 'Retry-After': '0', 'RateLimit-Reason': 'confluence-burst' } });
};
