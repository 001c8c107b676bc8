// The handlers that manifest.yml names.

import api, { route } from '@forge/api';
import { Queue } from '@forge/events';
import { kvs } from '@forge/kvs';
import Resolver from '@forge/resolver';
import { createHeadroom } from 'headroom-forge';
import { createDigests } from './digest.js';

const digests = createDigests({
  api: { requestConfluence: (path) => api.asApp().requestConfluence(path) },
  route,
  queue: new Queue({ key: 'digest' }),
  kvs,
  headroom: createHeadroom({
    // Tier 1. Copies of the function run side by side and do not talk to each other.
    nodes: 4,
    onWait: ({ reason, waitMs, attributes }) => console.log('waits', reason, waitMs, attributes),
  }),
});

const resolver = new Resolver();
resolver.define('begin', digests.begin);
resolver.define('look', digests.look);

const definitions = resolver.getDefinitions();
export { definitions as resolver };
export const goOn = digests.goOn;
