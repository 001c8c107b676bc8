// confluence.js from its third version on, which checks each answer against a schema: version 2 of the API, and what is
// left of version 1.
import { createRequire } from 'node:module';
import { createV1Client, createV2Client } from 'confluence.js-3';
import { withRetry } from 'confluence.js-3/core';
import { World, report, same } from './world.mjs';

const { version } = createRequire(import.meta.url)('confluence.js-3/package.json');
const world = new World(process.argv[2]);
const settings = { host: world.url, auth: { type: 'bearer', token: 'any' } };
const [one, two] = [createV1Client(settings), createV2Client(settings)];
const body = value => ({ representation: 'storage', value });
const fresh = title => ({ spaceId: '2', title, body: body('<p>one</p>') });

/** The ids of all objects of a list by cursor. */
async function all(list, parameters) {
  const ids = new Set();
  for (let cursor; ;) {
    const { results, _links } = await list({ ...parameters, cursor });
    results.forEach(({ id }) => ids.add(id));
    if (!_links?.next) return ids.size;
    cursor = new URLSearchParams(_links.next.split('?')[1]).get('cursor');
  }
}

const reads = {
  getPageById: async () =>
    same(
      `${(await two.page.getPageById({ id: 100_004, bodyFormat: 'storage' })).body.storage.value}`,
      'Text of Page 5.',
    ),
  getPageLabels: async () => same((await two.label.getPageLabels({ id: 100_004 })).results.length, 2),
  getPageAttachments: async () => same((await two.attachment.getPageAttachments({ id: 100_004 })).results.length, 1),
  getPageVersions: async () => same((await two.version.getPageVersions({ id: 100_004 })).results.length, 1),
  getSpaceById: async () => same((await two.space.getSpaceById({ id: 3 })).key, 'S3'),
  'getSpaces by key': async () => same((await two.space.getSpaces({ keys: ['S3', 'S4'] })).results.length, 2),
  'v1 searchByCQL': async () => same((await one.search.searchByCQL({ cql: 'space = S4', limit: 5 })).results.length, 5),
  'v1 getCurrentUser': async () => same((await one.users.getCurrentUser()).accountId, 'user-1'),
  'v1 getGroups': async () => same((await one.group.getGroups()).results.length, 5),
  'v1 getGroupMembersByGroupId': async () =>
    same((await one.group.getGroupMembersByGroupId({ groupId: 'group-2' })).results.length, 10),
};
const pages = {
  'getPages to the end': async () => same(await all(two.page.getPages, { spaceId: [4], limit: 30 }), 100),
  'getPagesInSpace to the end': async () => same(await all(two.page.getPagesInSpace, { id: 4, limit: 30 }), 100),
};
const writes = {
  'createPage, updatePage, deletePage': async () => {
    const { id } = await two.page.createPage({ body: fresh('Fresh') });
    const next = { id, status: 'current', title: 'Fresher', body: body('<p>two</p>'), version: { number: 2 } };
    await two.page.updatePage({ id, body: next });
    const read = await two.page.getPageById({ id, bodyFormat: 'storage' });
    await two.page.deletePage({ id });
    const gone = await two.page.getPageById({ id }).catch(error => error.status);
    return same([read.title, read.body.storage.value, read.version.number, gone], ['Fresher', '<p>two</p>', 2, 404]);
  },
  createFooterComment: async () => {
    await two.comment.createFooterComment({ pageId: '100004', body: body('hm') });
    return same((await two.comment.getPageFooterComments({ id: 100_004 })).results.length, 1);
  },
  createPageProperty: async () => {
    await two.contentProperties.createPageProperty({ pageId: 100_004, key: 'k', value: { a: 1 } });
    return same((await two.contentProperties.getPageContentProperties({ pageId: 100_004 })).results[0].value, { a: 1 });
  },
  'v1 addLabelsToContent': async () => {
    await one.contentLabels.addLabelsToContent({ id: '100004', body: [{ prefix: 'global', name: 'fresh' }] });
    return same((await two.label.getPageLabels({ id: 100_004 })).results.length, 3);
  },
};

const retried = createV2Client({ ...settings, retry: { maxAttempts: 5 } });
const [read, write] = [
  c => () => c.page.getPageById({ id: 100_000 }),
  c => () => c.page.createPage({ body: fresh('Only once') }),
];
const again = call => () => withRetry(call, { maxAttempts: 5, retryRateLimit: true });
const refusals = {
  'as it comes': [read(two), write(two)],
  'retry: { maxAttempts: 5 }': [read(retried), write(retried)],
  'withRetry(call, { maxAttempts: 5, retryRateLimit: true })': [again(read(two)), again(write(two))],
};
await report(world, { client: 'confluence.js', version, reads, pages, writes, refusals });
