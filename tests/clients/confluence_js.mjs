// confluence.js: version 1 of Confluence's API.
import { createRequire } from 'node:module';
import { ConfluenceClient } from 'confluence.js';
import { World, report, same } from './world.mjs';

const { version } = createRequire(import.meta.url)('confluence.js/package.json');
const world = new World(process.argv[2]);
const client = settings =>
  new ConfluenceClient({ host: world.url, authentication: { oauth2: { accessToken: 'any' } }, ...settings });
const c = client();
const page = (title, more) => ({
  type: 'page',
  title,
  space: { key: 'S2' },
  body: { storage: { value: '<p>one</p>', representation: 'storage' } },
  ...more,
});

/** All results of a list: a search goes on by cursor, the others by offset. */
async function all(list, parameters) {
  const found = [];
  for (let cursor; ;) {
    const { results, size, _links } = await list({ ...parameters, ...(cursor ? { cursor } : { start: found.length }) });
    found.push(...results);
    if (!_links.next || size === 0) return found;
    cursor = new URLSearchParams(_links.next.split('?')[1]).get('cursor');
  }
}

const reads = {
  getContentById: async () =>
    same((await c.content.getContentById({ id: '100004', expand: ['space', 'version'] })).space.key, 'S5'),
  'getContent by title': async () =>
    same((await c.content.getContent({ spaceKey: 'S5', title: 'Page 5' })).results[0]?.id, '100004'),
  getHistoryForContent: async () =>
    same((await c.content.getHistoryForContent({ id: '100004' })).lastUpdated.number, 1),
  searchContentByCQL: async () => same((await c.content.searchContentByCQL({ cql: 'space = S4', limit: 5 })).size, 5),
  searchByCQL: async () =>
    same((await c.search.searchByCQL({ cql: 'type = page AND (space = S4 OR space = S5)', limit: 7 })).size, 7),
  getSpaces: async () => same((await c.space.getSpaces()).size, 10),
  getSpace: async () =>
    same((await c.space.getSpace({ spaceKey: 'S3', expand: ['homepage', 'permissions'] })).name, 'Space 3'),
  getContentForSpace: async () =>
    same((await c.space.getContentForSpace({ spaceKey: 'S3', limit: 5 })).page.results.length, 5),
  getContentChildrenByType: async () =>
    same(
      (await c.contentChildrenAndDescendants.getContentChildrenByType({ id: '100004', type: 'attachment' })).size,
      1,
    ),
  getContentChildren: async () =>
    same(
      (await c.contentChildrenAndDescendants.getContentChildren({ id: '100004', expand: ['page'] })).page.results,
      [],
    ),
  getLabelsForContent: async () => same((await c.contentLabels.getLabelsForContent({ id: '100004' })).size, 2),
  getContentVersions: async () => same((await c.contentVersions.getContentVersions({ id: '100004' })).size, 1),
  getGroups: async () => same((await c.group.getGroups()).size, 5),
  getGroupByQueryParam: async () => same((await c.group.getGroupByQueryParam({ name: 'group 2' })).id, 'group-2'),
  getGroupMembersByGroupId: async () => same((await c.group.getGroupMembersByGroupId({ groupId: 'group-2' })).size, 10),
  getCurrentUser: async () => same((await c.users.getCurrentUser()).accountId, 'user-1'),
  getUser: async () => same((await c.users.getUser({ accountId: 'user-9' })).displayName, 'User 9'),
  getGroupMembershipsForUser: async () =>
    same(
      (await c.users.getGroupMembershipsForUser({ accountId: 'user-1' })).results.map(({ id }) => id),
      ['group-1'],
    ),
  getRestrictions: async () => same((await c.contentRestrictions.getRestrictions({ id: '100004' })).size, 2),
  checkContentPermission: async () =>
    same(
      (
        await c.contentPermissions.checkContentPermission({
          id: '100004',
          subject: { type: 'user', identifier: 'user-1' },
          operation: 'read',
        })
      ).hasPermission,
      true,
    ),
};

const pages = {
  'getContent to the end': async () =>
    same(
      new Set((await all(options => c.content.getContent(options), { spaceKey: 'S4', limit: 30 })).map(({ id }) => id))
        .size,
      100,
    ),
  'searchContentByCQL to the end': async () =>
    same(
      (await all(options => c.content.searchContentByCQL(options), { cql: 'label = "tenth-3"', limit: 30 })).length,
      100,
    ),
};

const writes = {
  'createContent, updateContent, deleteContent': async () => {
    const { id } = await c.content.createContent(page('Fresh'));
    await c.content.updateContent({ id, ...page('Fresher'), version: { number: 2 } });
    const read = await c.content.getContentById({ id, expand: ['body.storage', 'version'] });
    await c.content.deleteContent({ id });
    const gone = await c.content.getContentById({ id }).catch(error => error.statusCode);
    return same([read.title, read.body.storage.value, read.version.number, gone], ['Fresher', '<p>one</p>', 2, 404]);
  },
  'createContent below another': async () => {
    const { id } = await c.content.createContent(page('Parent'));
    const child = await c.content.createContent(page('Child', { ancestors: [{ id }] }));
    const below = await c.contentChildrenAndDescendants.getDescendantsOfType({ id, type: 'page' });
    return same(
      below.results.map(found => found.id),
      [child.id],
    );
  },
  'createContent of a comment': async () => {
    const container = { id: '100004', type: 'page' };
    await c.content.createContent({ ...page('Re'), type: 'comment', space: undefined, container });
    const { size } = await c.contentChildrenAndDescendants.getContentChildrenByType({ id: '100004', type: 'comment' });
    return same(size, 1);
  },
  'createAttachments, downloadAttachment': async () => {
    const file = Buffer.from([0, 255, 1]);
    const attachments = { file, filename: 'a.bin', minorEdit: true };
    const [made] = (await c.contentAttachments.createAttachments({ id: '100004', attachments })).results;
    const read = await c.contentAttachments.downloadAttachment({ id: '100004', attachmentId: made.id });
    return same(Buffer.from(read).toString('hex'), file.toString('hex'));
  },
  'addLabelsToContent, removeLabelFromContent': async () => {
    await c.contentLabels.addLabelsToContent({ id: '100004', body: [{ prefix: 'global', name: 'fresh' }] });
    await c.contentLabels.removeLabelFromContent({ id: '100004', label: 'headroom' });
    const { results } = await c.contentLabels.getLabelsForContent({ id: '100004' });
    return same(
      results.map(({ name }) => name),
      ['tenth-4', 'fresh'],
    );
  },
  'content property': async () => {
    await c.contentProperties.createContentProperty({ id: '100004', key: 'k', value: { a: 1 } });
    return same((await c.contentProperties.getContentProperty({ id: '100004', key: 'k' })).value, { a: 1 });
  },
  addUserToContentRestriction: async () => {
    await c.contentRestrictions.addUserToContentRestriction({
      id: '100004',
      operationKey: 'read',
      accountId: 'user-2',
    });
    const { restrictions } = await c.contentRestrictions.getRestrictionsForOperation({
      id: '100004',
      operationKey: 'read',
    });
    return same(
      restrictions.user.results.map(({ accountId }) => accountId),
      ['user-2'],
    );
  },
  createSpace: async () => {
    await c.space.createSpace({ key: 'NEW', name: 'New' });
    return same((await c.space.getSpace({ spaceKey: 'NEW' })).name, 'New');
  },
};

const calls = one => [
  () => one.content.getContentById({ id: '100000' }),
  () => one.content.createContent(page('Only once')),
];
await report(world, {
  client: 'confluence.js',
  version,
  reads,
  pages,
  writes,
  refusals: { 'as it comes, for it has no setting for this': calls(c) },
});
