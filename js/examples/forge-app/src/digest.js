// The work of the app: the titles of many pages, however long that takes.

import { consumer, deferToQueue, wrapApi } from 'headroom-forge/api';
import { createMemory } from 'headroom-forge/kvs';

/**
 * A digest under way. It stands in storage, so that whoever goes on with it knows what is done.
 *
 * @typedef {{ ids: string[], titles: string[], notBefore?: string }} Digest
 */

/**
 * @typedef {{ ok: boolean, status: number, headers: object, json(): Promise<unknown> }} Answer
 * @typedef {import('headroom-forge').CallOptions} CallOptions
 */

/**
 * @template R
 * @param {object} forge what the app is made of; tests pass stand-ins
 * @param {{ requestConfluence: (route: R) => Promise<Answer> }} forge.api
 * @param {(template: TemplateStringsArray, ...parts: string[]) => R} forge.route
 * @param {import('headroom-forge/api').QueueLike} forge.queue
 * @param {{ get(key: string): Promise<unknown>, set(key: string, value: unknown): Promise<unknown> }} forge.kvs
 * @param {import('headroom-forge').Headroom} forge.headroom
 */
export function createDigests({ api, route, queue, kvs, headroom }) {
  const forge = wrapApi(api, headroom);
  // Functions forget everything: what earlier ones spent and were told stands in storage, too.
  const memory = createMemory(headroom, kvs);

  /**
   * @param {string} key
   * @param {(route: R, init?: never, options?: CallOptions) => Promise<Answer>} request
   * @param {{ resumeToken?: string }} resume of the call that was deferred, which is the first one now
   */
  async function goOn(key, request, resume) {
    const digest = /** @type {Digest} */ (await kvs.get(key));
    delete digest.notBefore;
    try {
      for (const id of digest.ids.slice(digest.titles.length)) {
        const response = await request(route`/wiki/api/v2/pages/${id}`, undefined, resume);
        const page = /** @type {{ title?: string }} */ (response.ok ? await response.json() : {});
        digest.titles.push(page.title ?? `page ${id}: status ${response.status}`);
        resume = {};
      }
    } catch (error) {
      if (error instanceof Error && 'notBefore' in error) digest.notBefore = String(error.notBefore);
      throw error;
    } finally {
      await kvs.set(key, digest);
    }
    return digest;
  }

  return {
    /** Resolver `begin`: as much as fits into the time of a resolver; the rest goes into the queue. */
    begin: memory.around(
      forge.within(
        'ui',
        async ({ requestConfluence }, /** @type {{ payload: { key: string, ids: string[] } }} */ { payload }) => {
          const { key, ids } = payload;
          await kvs.set(key, { ids, titles: [] });
          try {
            return await goOn(key, requestConfluence, {});
          } catch (error) {
            if (!(error instanceof Error) || error.name !== 'DeferredError') throw error;
            await deferToQueue(queue, /** @type {import('headroom-forge').DeferredError} */ (error), { key });
            return kvs.get(key);
          }
        },
      ),
    ),

    /** Resolver `look`: how far it is. */
    look: async (/** @type {{ payload: { key: string } }} */ { payload }) => kvs.get(payload.key),

    /** Consumer of the queue. Waits of up to 15 minutes it sits out, longer ones take another hop. */
    goOn: memory.around(
      consumer(
        queue,
        forge.within(
          'async-event',
          ({ requestConfluence }, /** @type {{ body: Record<string, unknown> }} */ event, resume) =>
            goOn(String(event.body.key), requestConfluence, /** @type {{ resumeToken?: string }} */ (resume)),
        ),
      ),
    ),
  };
}
