// Compiled, never run: the adapters against the real packages of Forge.

import api, { route } from '@forge/api';
import type { APIResponse } from '@forge/api';
import { invoke, requestBitbucket, requestConfluence, requestJira } from '@forge/bridge';
import { Queue } from '@forge/events';
import type { AsyncEvent } from '@forge/events';
import kvs from '@forge/kvs';
import Resolver from '@forge/resolver';
import { createServer } from 'node:http';
import { createHeadroom } from 'headroom-forge';
import { consumer, deferToQueue, wrapApi } from 'headroom-forge/api';
import { wrapBridge } from 'headroom-forge/bridge';
import { createMemory } from 'headroom-forge/kvs';
import { limitErrors, middleware, siteFetch } from 'headroom-forge/node';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isTrue = <T extends true>(): T | undefined => undefined;

const headroom = createHeadroom();

export async function customUi(signal: AbortSignal): Promise<void> {
  const bridge = wrapBridge({ invoke, requestConfluence, requestJira, requestBitbucket }, headroom);
  const { text } = await bridge.invoke<{ text: string }>('getText', { id: 7 }, undefined, { deadline: 10_000 });
  isTrue<Same<typeof text, string>>();
  const response = await bridge.requestConfluence('/wiki/api/v2/pages/1', { method: 'GET', signal });
  isTrue<Same<typeof response, Response>>();
  // @ts-expect-error: it was not passed
  wrapBridge({ invoke }).requestJira('/x');
  // @ts-expect-error: a key is text
  void bridge.invoke(7);
}

const queue = new Queue({ key: 'work' });
const forge = wrapApi(api.asApp(), headroom);
const memory = createMemory(headroom, kvs, { onLost: ({ message }) => message });

new Resolver().define(
  'read',
  memory.around(
    forge.within('ui', async ({ requestConfluence, leftMs }, { payload }: { payload: { id: string } }) => {
      const response = await requestConfluence(route`/wiki/api/v2/pages/${payload.id}`, {}, { priority: 'background' });
      isTrue<Same<typeof response, APIResponse>>();
      return { page: await response.json(), leftMs: leftMs() };
    }),
  ),
);

export const work = consumer(queue, async (event: AsyncEvent, { resumeToken }) => {
  const options = resumeToken === undefined ? {} : { resumeToken };
  await forge.requestJira(route`/rest/api/3/issue/${String(event.body.key)}`, undefined, options);
});

export async function later(): Promise<string> {
  const { jobId } = await deferToQueue(queue, await Promise.reject(), { key: 'K-1' });
  return jobId;
}

// @ts-expect-error: only routes of `@forge/api` are safe
void forge.requestJira('/rest/api/3/myself');
// @ts-expect-error: nothing calls functions that way
forge.within('cron', async () => {});

const read = siteFetch(headroom, { cloudId: '11-22', product: 'jira', token: async () => 'secret' });
export const server = createServer((request, response) => {
  middleware(headroom)(request, response, () => {
    read('/rest/api/3/myself').catch((error: unknown) => limitErrors()(error, request, response, () => {}));
  });
});
