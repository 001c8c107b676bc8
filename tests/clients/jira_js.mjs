// jira.js: version 3 of Jira's API.
import { createRequire } from 'node:module';
import { Version2Client, Version3Client } from 'jira.js';
import { World, report, same } from './world.mjs';

const { version } = createRequire(import.meta.url)('jira.js/package.json');
const world = new World(process.argv[2]);
const settings = { host: world.url, authentication: { oauth2: { accessToken: 'any' } } };
const c = new Version3Client(settings);
const texts = new Version2Client(settings);
const fresh = more => ({ fields: { project: { key: 'P2' }, summary: 'Fresh', issuetype: { name: 'Task' }, ...more } });
const key = 'P1-20000';

const reads = {
  getCurrentUser: async () => same((await c.myself.getCurrentUser()).accountId, 'user-1'),
  getServerInfo: async () => same((await c.serverInfo.getServerInfo()).deploymentType, 'Cloud'),
  getIssue: async () =>
    same((await c.issues.getIssue({ issueIdOrKey: key, fields: ['summary'] })).fields, { summary: 'Issue 1' }),
  getAllProjects: async () => same((await c.projects.searchProjects()).total, 5),
  getProject: async () => same((await c.projects.getProject({ projectIdOrKey: 'P3' })).name, 'Project 3'),
  getFields: async () =>
    same(
      (await c.issueFields.getFields()).some(({ id }) => id === 'summary'),
      true,
    ),
  getPriorities: async () => same((await c.issuePriorities.searchPriorities()).values.length, 5),
  getStatuses: async () =>
    same(
      (await c.workflowStatuses.getStatuses()).map(({ name }) => name),
      ['To Do', 'In Progress', 'Done'],
    ),
  getIssueAllTypes: async () =>
    same(
      (await c.issueTypes.getIssueAllTypes()).map(({ name }) => name),
      ['Task', 'Bug', 'Story'],
    ),
  getCreateIssueMetaIssueTypes: async () =>
    same((await c.issues.getCreateIssueMetaIssueTypes({ projectIdOrKey: 'P1' })).issueTypes?.length, 3),
  getTransitions: async () => same((await c.issues.getTransitions({ issueIdOrKey: key })).transitions.length, 3),
  getUser: async () => same((await c.users.getUser({ accountId: 'user-9' })).displayName, 'User 9'),
  findUsers: async () => same((await c.userSearch.findUsers({ query: 'User 12' })).length, 1),
  getUsersFromGroup: async () => same((await c.groups.getUsersFromGroup({ groupId: 'group-2' })).values.length, 10),
  bulkGetGroups: async () => same((await c.groups.bulkGetGroups()).total, 5),
  countIssues: async () => same((await c.issueSearch.countIssues({ jql: 'project = P2' })).count, 200),
};

const pages = {
  'searchForIssuesUsingJqlEnhancedSearch to the end': async () => {
    const [keys, options] = [new Set(), { jql: 'project = P2', fields: ['summary'], maxResults: 70 }];
    for (let nextPageToken; ;) {
      const found = await c.issueSearch.searchForIssuesUsingJqlEnhancedSearch({ ...options, nextPageToken });
      found.issues.forEach(issue => keys.add(issue.key));
      ({ nextPageToken } = found);
      if (!nextPageToken) return same(keys.size, 200);
    }
  },
  searchForIssuesUsingJqlEnhancedSearchPost: async () => {
    const jql = 'project in (P1, P2) AND NOT summary ~ "issue 1" ORDER BY key';
    const found = await c.issueSearch.searchForIssuesUsingJqlEnhancedSearchPost({ jql, maxResults: 5_000 });
    return same(
      found.issues.some(({ fields }) => fields?.summary === 'Issue 1'),
      false,
    );
  },
  'getAllUsers to the end': async () => {
    const first = await c.users.getAllUsers({ maxResults: 30 });
    const second = await c.users.getAllUsers({ startAt: 30, maxResults: 30 });
    return same([first.length, second.length], [30, 20]);
  },
};

const writes = {
  'createIssue, editIssue, deleteIssue': async () => {
    const made = await texts.issues.createIssue(fresh({ description: 'How' }));
    await texts.issues.editIssue({ issueIdOrKey: made.key, fields: { summary: 'Fresher' } });
    const { fields } = await texts.issues.getIssue({ issueIdOrKey: made.key });
    await c.issues.deleteIssue({ issueIdOrKey: made.key });
    const gone = await c.issues.getIssue({ issueIdOrKey: made.key }).catch(error => error.status);
    return same([fields.summary, fields.description, gone], ['Fresher', 'How', 404]);
  },
  doTransition: async () => {
    const { transitions } = await c.issues.getTransitions({ issueIdOrKey: key });
    const { id } = transitions.find(({ name }) => name === 'Done');
    await c.issues.doTransition({ issueIdOrKey: key, transition: { id } });
    return same((await c.issues.getIssue({ issueIdOrKey: key })).fields.status.name, 'Done');
  },
  assignIssue: async () => {
    await c.issues.assignIssue({ issueIdOrKey: key, accountId: 'user-3' });
    return same((await c.issues.getIssue({ issueIdOrKey: key })).fields.assignee.accountId, 'user-3');
  },
  addComment: async () => {
    await c.issueComments.addComment({ issueIdOrKey: key, comment: 'hm' });
    return same((await c.issueComments.getComments({ issueIdOrKey: key })).comments[0].body.type, 'doc');
  },
  addWorklog: async () => {
    await c.issueWorklogs.addWorklog({ issueIdOrKey: key, timeSpentSeconds: 60 });
    return same((await c.issueWorklogs.getIssueWorklog({ issueIdOrKey: key })).worklogs[0].timeSpentSeconds, 60);
  },
  'addAttachment, getAttachmentContent': async () => {
    const file = Buffer.from([0, 255, 1]);
    const [made] = await c.issueAttachments.addAttachment({
      issueIdOrKey: key,
      attachment: { filename: 'a.bin', file },
    });
    const read = await c.issueAttachments.getAttachmentContent({ id: made.id });
    return same(Buffer.from(read).toString('hex'), file.toString('hex'));
  },
};

const calls = [() => c.myself.getCurrentUser(), () => c.issues.createIssue(fresh())];
await report(world, {
  client: 'jira.js',
  version,
  reads,
  pages,
  writes,
  refusals: { 'as it comes, for it has no setting for this': calls },
});
