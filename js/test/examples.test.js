// The examples compile, bundle, and do what they say, against `headroom serve` and in a browser.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build as viteBuild } from 'vite';
import webpack from 'webpack';
import { example } from './support/example.js';
import { CHROMIUM, HEADROOM, headless, missing, noBrowser } from './support/programs.js';
import { serve } from './support/served.js';

const app = example('forge-app');
const site = example('site-sync');
after(app.remove);
after(site.remove);

/** Room for some 30 pages until 13:00, and for more than enough in each hour after that. */
const LIMITS = '[server]\nquota = { points = 120, used_points = 60 }\n';

test('the example app compiles with the types of forge', () => {
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', app.folder], { encoding: 'utf8' });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
});

test('its functions are one bundle by webpack, as the forge command makes it', async () => {
  const compiler = webpack({
    mode: 'production',
    target: 'node',
    context: app.folder,
    entry: './src/index.js',
    output: { path: join(app.folder, 'dist'), filename: 'index.cjs', library: { type: 'commonjs2' } },
    optimization: { minimize: false },
  });
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  assert.deepEqual(
    stats.toJson({ errors: true }).errors.map(({ message }) => message),
    [],
  );
  assert.match(readFileSync(join(app.folder, 'dist/index.cjs'), 'utf8'), /createHeadroom/);
});

test('what the manifest names is there', () => {
  const manifest = readFileSync(join(app.folder, 'manifest.yml'), 'utf8');
  const index = readFileSync(join(app.folder, 'src/index.js'), 'utf8');
  const handlers = [...manifest.matchAll(/handler: index\.(\w+)/g)].map(([, name]) => name);
  assert.deepEqual(handlers, ['resolver', 'goOn']);
  for (const name of handlers) assert.match(index, new RegExp(`export .*\\b${name}\\b`));
  assert.match(index, new RegExp(`key: '${/queue: (\w+)/.exec(manifest)[1]}'`));
});

test(
  'a digest beyond the quota goes through the queue, is finished after the hour, and nobody came early',
  { skip: missing(HEADROOM) },
  async () => {
    const server = await serve(LIMITS);
    try {
      const { createHeadroom } = await import(pathToFileURL(join(app.installed, 'src/index.js')).href);
      const { createDigests } = await import(pathToFileURL(join(app.folder, 'src/digest.js')).href);
      const stored = new Map();
      const pushed = [];
      // Each run is a function of its own, which knows only what is stored.
      const functions = () =>
        createDigests({
          api: {
            requestConfluence: ({ value }) => fetch(server.url + value, { headers: { Authorization: 'Bearer any' } }),
          },
          route: (texts, id) => ({ value: texts.join(id) }),
          queue: { push: async (event) => pushed.push(structuredClone(event)) },
          kvs: {
            get: async (key) => structuredClone(stored.get(key)),
            set: async (key, value) => stored.set(key, structuredClone(value)),
          },
          headroom: createHeadroom({ ...server.clock, quota: 120, seed: 1n }),
        });
      const ids = Array.from({ length: 45 }, (_, index) => String(100_000 + index));
      const begun = await functions().begin({ payload: { key: 'all', ids } });
      assert.ok(begun.titles.length > 20 && begun.titles.length < 45, `${begun.titles.length} fit into this hour`);
      assert.ok(begun.notBefore, 'the page can say when it goes on');
      const delays = [];
      while (pushed.length > 0) {
        const event = pushed.shift();
        delays.push(event.delayInSeconds);
        await server.advance(event.delayInSeconds * 1_000);
        await functions().goOn(event);
      }
      const done = await functions().look({ payload: { key: 'all' } });
      assert.deepEqual(done, { ids, titles: ids.map((_, index) => `Page ${index + 1}`) });
      assert.ok(delays.length >= 2 && Math.max(...delays) <= 900, delays.join());
      assert.equal((await server.told('early')).early, 0);
    } finally {
      await server.stop();
    }
  },
);

test('a digest runs in the page, through the real bridge, until it is done', { skip: noBrowser }, async () => {
  const root = join(app.folder, 'static/digest');
  await viteBuild({ root, configFile: join(root, 'vite.config.js'), logLevel: 'error' });
  // The host of the page: what a product answers over the bridge. The first call is refused, the second one half done.
  const host = `
    let asked = 0;
    const digest = (ids, done) => ({ ids, titles: ids.slice(0, done).map((id) => 'Page ' + id) });
    globalThis.__bridge = { callBridge: async (name, { functionKey, payload, metadata }) => {
      asked += 1;
      if (!metadata.rateLimitProperties) throw new Error('the rate was not asked for');
      const rateLimitProperties = { rateLimitReset: Date.now() + 900 };
      if (asked === 1) throw Object.assign(new Error('429'), { status: 429, metadata: { rateLimitProperties } });
      globalThis.ids = payload.ids ?? ids;
      return { body: digest(globalThis.ids, functionKey === 'begin' ? 7 : globalThis.ids.length) };
    } };`;
  const files = createServer((request, response) => {
    const isPage = request.url === '/';
    const path = join(root, 'dist', isPage ? 'index.html' : request.url);
    // A browser asks for an icon, too.
    const body = existsSync(path) ? readFileSync(path) : '';
    response.setHeader('Content-Type', isPage ? 'text/html' : 'text/javascript');
    response.end(isPage ? String(body).replace('<head>', `<head><script>${host}</script>`) : body);
  });
  files.listen(0, '127.0.0.1');
  await once(files, 'listening');
  try {
    const page = `http://127.0.0.1:${files.address().port}/`;
    const { stdout } = await promisify(execFile)(CHROMIUM, [...headless(join(app.root, 'profile')), page], {
      timeout: 60_000,
      maxBuffer: 2 ** 26,
    });
    assert.match(stdout, /<p id="state" role="status">Done<\/p>/);
    assert.equal(stdout.match(/<li>Page 1\d{5}<\/li>/g).length, 200);
  } finally {
    files.closeAllConnections();
    files.close();
  }
});

test(
  'the server on node answers 503 with the time to wait before its client would give up',
  { skip: missing(HEADROOM) },
  async () => {
    const atlassian = await serve(LIMITS);
    const { createHeadroom } = await import(pathToFileURL(join(site.installed, 'src/index.js')).href);
    const { site: siteServer } = await import(pathToFileURL(join(site.folder, 'server.js')).href);
    const headroom = createHeadroom({ ...atlassian.clock, quota: 120, seed: 1n });
    const server = siteServer({
      headroom,
      cloudId: 'example',
      token: 'any',
      baseUrl: atlassian.url,
      deadlineMs: 25_000,
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const get = (path) => fetch(`http://127.0.0.1:${server.address().port}${path}`);
    try {
      assert.equal((await (await get('/pages/100000')).json()).title, 'Page 1');
      assert.deepEqual([(await get('/pages/1')).status, (await get('/')).status], [404, 404]);
      let response = await get('/pages/100001');
      while (response.status === 200) response = await get('/pages/100002');
      assert.equal(response.status, 503);
      const seconds = Number(response.headers.get('retry-after'));
      assert.ok(seconds >= 2_400 && seconds < 2_405, `${seconds} s until the hour`);
      await atlassian.advance(seconds * 1_000);
      assert.equal((await get('/pages/100003')).status, 200);
      assert.equal((await atlassian.told('early')).early, 0);
    } finally {
      server.closeAllConnections();
      server.close();
      await atlassian.stop();
    }
  },
);
