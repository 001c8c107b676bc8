// A `fetch` that answers like Atlassian on a bad day, without a network: each address is refused once. And as much of
// Forge as its packages need to be imported and used: the bridge, and the proxy that they send through.

const seen = new Set();

globalThis.fetch = async (address) => {
  if (seen.has(address)) return new Response('{}', { status: 200 });
  seen.add(address);
  return new Response('', { status: 429, headers: { 'Retry-After': '0', 'RateLimit-Reason': 'confluence-burst' } });
};

globalThis.__bridge = { callBridge: async () => ({ body: { text: 'hello' } }) };

const storage = new Map();

globalThis.__forge_fetch__ = async ({ type }, path, init) => {
  if (type !== 'kvs') return globalThis.fetch(path);
  const { key, value } = JSON.parse(init.body);
  if (value !== undefined) storage.set(key, value);
  return storage.has(key) ? Response.json({ key, value: storage.get(key) }) : new Response('', { status: 404 });
};
