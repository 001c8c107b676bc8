// Giving up: what was reserved goes back, nothing is left behind, and the reason is the signal's.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import fc from './support/property.js';
import { sleep, unlessAborted } from '../src/time.js';
import { ManualTime, page, refusal, settled } from './support/manual.js';

const QUOTA = 1_000;

test('a call that is aborted while it waits gives back what it had reserved and leaves no listener', async () => {
  const time = new ManualTime();
  const headroom = time.headroom({ fetch: async () => refusal(60), quota: QUOTA });
  const { signal, abort } = controller();
  const call = headroom.fetch(page(), { signal });
  await settled();
  assert.deepEqual([headroom.status().openCalls, time.asleep], [1, 1]);
  abort('enough');
  await assert.rejects(call, (reason) => reason === 'enough');
  assert.deepEqual([headroom.status().openCalls, time.asleep], [0, 0]);
  assert.equal(getEventListeners(signal, 'abort').length, 1, 'only the one of the test itself');
});

test('a call that is aborted while its attempt is on the way ends at once, whatever the attempt does', async () => {
  for (const never of [() => new Promise(() => {}), () => settled().then(() => Promise.reject(new Error('late')))]) {
    const headroom = new ManualTime().headroom({ quota: QUOTA });
    const { signal, abort } = controller();
    let heard;
    const call = headroom.requestWithRetry(page(), { signal, send: (_, told) => ((heard = told.signal), never()) });
    await settled();
    abort();
    await assert.rejects(call, { name: 'AbortError' });
    assert.equal(heard, signal);
    assert.equal(headroom.status().openCalls, 0);
    await settled();
  }
});

test('a call whose signal is aborted already is never begun', async () => {
  const headroom = new ManualTime().headroom({ fetch: () => assert.fail('sent') });
  await assert.rejects(headroom.fetch(page(), { signal: AbortSignal.abort('no') }), (reason) => reason === 'no');
  await assert.rejects(headroom.invokeWithRetry(() => assert.fail('sent'), 1, { signal: AbortSignal.abort('no') }));
  assert.equal(headroom.status().pools.length, 0);
});

test('whenever calls are aborted, none stays open and only what was sent is counted', async () => {
  const calls = fc.array(fc.record({ abortAfter: fc.nat(6), refusals: fc.nat(3) }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(calls, async (plans) => {
      const time = new ManualTime();
      const headroom = time.headroom({ quota: QUOTA, burst: { perSecond: 2, capacity: 2 } });
      let spent = 0;
      const work = plans.map(async ({ abortAfter, refusals }, id) => {
        const { signal, abort } = controller();
        let left = abortAfter;
        const tick = () => (left-- === 0 ? abort() : undefined);
        const send = async (_, { attempt }) => {
          tick();
          if (attempt <= refusals && !signal.aborted) return refusal(1, 'jira-burst-based');
          // A read of one page costs two points; what was refused costs nothing.
          spent += 2;
          return Response.json({ id });
        };
        tick();
        await headroom
          .requestWithRetry(page(id), { send, signal })
          .catch((error) => assert.equal(error, signal.reason));
        assert.equal(getEventListeners(signal, 'abort').length, 1);
      });
      await time.run(Promise.all(work));
      assert.deepEqual([headroom.status().openCalls, time.asleep], [0, 0]);
      assert.equal(headroom.quotaCheck(page()).pointsLeft, QUOTA - spent);
    }),
  );
});

test('a sleep longer than a timer can wait is split, and an aborted one leaves no timer', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const longest = 2 ** 31 - 1;
  let isOver = false;
  const asleep = sleep(longest + 10).then(() => (isOver = true));
  context.mock.timers.tick(longest);
  await Promise.resolve();
  assert.equal(isOver, false);
  context.mock.timers.tick(10);
  await asleep;
  const { signal, abort } = controller();
  const waits = sleep(longest + 10, signal);
  abort('enough');
  await assert.rejects(waits, (reason) => reason === 'enough');
  await assert.rejects(sleep(1, signal), (reason) => reason === 'enough');
  assert.equal(await unlessAborted(Promise.resolve(7), controller().signal), 7);
});

/** A controller whose signal somebody else listens to as well. */
function controller() {
  const controller = new AbortController();
  controller.signal.addEventListener('abort', () => {});
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}
