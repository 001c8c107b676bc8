// Shows a digest and looks again while it is under way.

/** How often to look, in milliseconds. */
const EVERY_MS = 10_000;

/**
 * @param {Document} page
 * @param {import('headroom-forge/bridge').WrappedInvoke} invoke
 * @param {{ key: string, ids: string[] }} wanted
 * @param {(millis: number) => Promise<unknown>} [pause]
 */
export async function show(page, invoke, wanted, pause = (millis) => new Promise((wake) => setTimeout(wake, millis))) {
  /** @typedef {{ ids: string[], titles: string[], notBefore?: string }} Digest */
  const state = /** @type {HTMLElement} */ (page.getElementById('state'));
  const list = /** @type {HTMLElement} */ (page.getElementById('titles'));
  try {
    let digest = /** @type {Digest} */ (await invoke('begin', wanted));
    while (draw(page, state, list, digest) < wanted.ids.length) {
      await pause(EVERY_MS);
      digest = /** @type {Digest} */ (await invoke('look', { key: wanted.key }));
    }
  } catch (error) {
    state.textContent = error instanceof Error ? error.message : String(error);
  }
}

/**
 * @param {Document} page
 * @param {HTMLElement} state
 * @param {HTMLElement} list
 * @param {{ ids: string[], titles: string[], notBefore?: string }} digest
 */
function draw(page, state, list, { ids, titles, notBefore }) {
  const until = notBefore ? `, goes on at ${notBefore}` : '';
  state.textContent = titles.length === ids.length ? 'Done' : `${titles.length} of ${ids.length}${until}`;
  const items = titles.map((title) => Object.assign(page.createElement('li'), { textContent: title }));
  list.replaceChildren(...items);
  return titles.length;
}
