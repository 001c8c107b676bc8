// jira.js from its sixth version on, which checks each answer against a schema: version 3 of Jira's API.
import { createRequire } from 'node:module';
import { createCloudClient } from 'jira.js-6';
import { withRetry } from 'jira.js-6/core';
import { World, report, same } from './world.mjs';

const { version } = createRequire(import.meta.url)('jira.js-6/package.json');
const world = new World(process.argv[2]);
const settings = { host: world.url, auth: { type: 'bearer', token: 'any' } };
const c = createCloudClient(settings);
const fresh = () => ({ fields: { project: { key: 'P2' }, summary: 'Fresh', issuetype: { name: 'Task' } } });
const issueIdOrKey = 'P1-20000';
const text = { type: 'doc', version: 1, content: [] };

const reads = {
  getCurrentUser: async () => same((await c.myself.getCurrentUser()).accountId, 'user-1'),
  getServerInfo: async () => same((await c.serverInfo.getServerInfo()).deploymentType, 'Cloud'),
  getIssue: async () =>
    same((await c.issues.getIssue({ issueIdOrKey, fields: ['summary'] })).fields.summary, 'Issue 1'),
  searchProjects: async () => same((await c.projects.searchProjects()).total, 5),
  getProject: async () => same((await c.projects.getProject({ projectIdOrKey: 'P3' })).name, 'Project 3'),
  getFields: async () =>
    same(
      (await c.issueFields.getFields()).some(({ id }) => id === 'summary'),
      true,
    ),
  searchPriorities: async () => same((await c.issuePriorities.searchPriorities()).values.length, 5),
  getStatuses: async () =>
    same(
      (await c.workflowStatuses.getStatuses()).map(({ name }) => name),
      ['To Do', 'In Progress', 'Done'],
    ),
  getTransitions: async () => same((await c.issues.getTransitions({ issueIdOrKey })).transitions.length, 3),
  getUser: async () => same((await c.users.getUser({ accountId: 'user-9' })).displayName, 'User 9'),
  findUsers: async () => same((await c.userSearch.findUsers({ query: 'User 12' })).length, 1),
  getUsersFromGroup: async () => same((await c.groups.getUsersFromGroup({ groupId: 'group-2' })).values.length, 10),
  countIssues: async () => same((await c.issueSearch.countIssues({ jql: 'project = P2' })).count, 200),
};
const pages = {
  'searchAndReconsileIssuesUsingJql to the end': async () => {
    const keys = new Set();
    for (let nextPageToken; ;) {
      const options = { jql: 'project = P2', fields: ['summary'], maxResults: 70, nextPageToken };
      const found = await c.issueSearch.searchAndReconsileIssuesUsingJql(options);
      found.issues.forEach(issue => keys.add(issue.key));
      ({ nextPageToken } = found);
      if (!nextPageToken) return same(keys.size, 200);
    }
  },
};
const writes = {
  'createIssue, editIssue, deleteIssue': async () => {
    const { key } = await c.issues.createIssue(fresh());
    await c.issues.editIssue({ issueIdOrKey: key, fields: { summary: 'Fresher' } });
    const { fields } = await c.issues.getIssue({ issueIdOrKey: key });
    await c.issues.deleteIssue({ issueIdOrKey: key });
    const gone = await c.issues.getIssue({ issueIdOrKey: key }).catch(error => error.status);
    return same([fields.summary, gone], ['Fresher', 404]);
  },
  doTransition: async () => {
    await c.issues.doTransition({ issueIdOrKey, transition: { id: '31' } });
    return same((await c.issues.getIssue({ issueIdOrKey })).fields.status.name, 'Done');
  },
  assignIssue: async () => {
    await c.issues.assignIssue({ issueIdOrKey, accountId: 'user-3' });
    return same((await c.issues.getIssue({ issueIdOrKey })).fields.assignee.accountId, 'user-3');
  },
  addComment: async () => {
    await c.issueComments.addComment({ issueIdOrKey, body: text });
    return same((await c.issueComments.getComments({ issueIdOrKey })).comments[0].body.type, 'doc');
  },
  addWorklog: async () => {
    await c.issueWorklogs.addWorklog({ issueIdOrKey, timeSpentSeconds: 60 });
    return same((await c.issueWorklogs.getIssueWorklog({ issueIdOrKey })).worklogs[0].timeSpentSeconds, 60);
  },
};

const retried = createCloudClient({ ...settings, retry: { maxAttempts: 5 } });
const [read, write] = [one => () => one.myself.getCurrentUser(), one => () => one.issues.createIssue(fresh())];
const again = call => () => withRetry(call, { maxAttempts: 5, retryRateLimit: true });
const refusals = {
  'as it comes': [read(c), write(c)],
  'retry: { maxAttempts: 5 }': [read(retried), write(retried)],
  'withRetry(call, { maxAttempts: 5, retryRateLimit: true })': [again(read(c)), again(write(c))],
};
await report(world, { client: 'jira.js', version, reads, pages, writes, refusals });
