// The package in bundles, by webpack and by Vite, and those in a browser.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build as viteBuild } from 'vite';
import webpack from 'webpack';
import { packed } from './support/packed.js';
import { CHROMIUM, headless, noBrowser } from './support/programs.js';

/** What the README promises, in KiB: as it is, and compressed. */
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const PROMISED = /(\d+) KiB in a bundle, (\d+) KiB compressed/.exec(README).slice(1).map(Number);

const npm = packed();
after(npm.remove);

/** Waits out a refusal in a page, and says how it went. */
const PAGE = `
  import { createHeadroom } from 'headroom-forge';
  import { wrapBridge } from 'headroom-forge/bridge';
  const headers = { 'Retry-After': '1', 'RateLimit-Reason': 'jira-burst-based' };
  const refusal = () => new Response('', { status: 429, headers });
  let asked = 0;
  const requestJira = async () => (asked++ ? new Response('{}') : refusal());
  const headroom = createHeadroom({ sleep: async () => (clock += 5_000), now: () => clock });
  let clock = 1_770_034_800_000;
  globalThis.told = wrapBridge({ requestJira, invoke: async () => ({ body: 7 }) }, headroom)
    .requestJira('/rest/api/3/myself')
    .then(({ status }) => status + ' ' + asked);`;

const BUNDLERS = { webpack: bundledByWebpack, vite: bundledByVite };

for (const [name, bundled] of Object.entries(BUNDLERS)) {
  test(`a bundle by ${name} is one script that works, within the bounds of its size`, async (context) => {
    const code = await bundled('page.js', PAGE);
    const sandbox = vm.createContext({
      atob,
      crypto,
      Response,
      Request,
      URL,
      TextDecoder,
      TextEncoder,
      WebAssembly,
      setTimeout,
      clearTimeout,
    });
    vm.runInContext(code, sandbox);
    assert.equal(await sandbox.told, '200 2');
    const sizes = [code.length, gzipSync(code).length].map((bytes) => bytes / 1024);
    context.diagnostic(`bundle by ${name}: ${sizes.map((kib) => `${kib.toFixed(1)} KiB`).join(', gzip ')}`);
    assert.ok(sizes[0] <= 600 && sizes[1] <= 220);
    for (const [at, kib] of sizes.entries()) {
      assert.ok(Math.abs(kib - PROMISED[at]) <= PROMISED[at] / 20, `the README says ${PROMISED[at]} KiB`);
    }
  });

  test(`${name} leaves out what is not used, the planner too`, async () => {
    const used = `import { deferToQueue } from 'headroom-forge/api';\nglobalThis.told = deferToQueue;`;
    const code = await bundled('used.js', used);
    assert.ok(code.length < 4 * 1024, `${code.length} bytes`);
  });
}

test('the bindings hold no directive that bundlers warn of', () => {
  for (const world of ['planner/planner', 'component/client']) {
    const code = readFileSync(new URL(`../dist/${world}.js`, import.meta.url), 'utf8');
    assert.ok(code.startsWith('export function'), code.slice(0, 60));
  }
});

test('the bundle works in a browser', { skip: noBrowser }, async () => {
  const code = await bundledByVite('page.js', PAGE);
  const page = join(npm.folder, 'page.html');
  const show = `told.then((told) => (document.title = told), (error) => (document.title = error.stack));`;
  writeFileSync(page, `<!doctype html><title>loading</title><script>${code}</script><script>${show}</script>`);
  const options = headless(join(npm.folder, 'profile'));
  const { stdout } = spawnSync(CHROMIUM, [...options, pathToFileURL(page).href], { encoding: 'utf8', timeout: 60_000 });
  // Not the whole page in a message: it holds the bundle.
  assert.equal(/<title>(.*?)<\/title>/s.exec(stdout)?.[1], '200 2');
});

function entry(name, code) {
  const path = join(npm.folder, name);
  writeFileSync(path, code);
  return path;
}

async function bundledByWebpack(name, code) {
  const output = { path: npm.folder, filename: `webpack-${name}` };
  const compiler = webpack({
    mode: 'production',
    context: npm.folder,
    entry: entry(name, code),
    output,
    performance: false,
  });
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, stats) => (error ? reject(error) : resolve(stats))),
  );
  await new Promise((resolve) => compiler.close(resolve));
  assert.deepEqual(stats.toJson({ errors: true, warnings: true }).errors, []);
  assert.deepEqual(stats.toJson({ warnings: true }).warnings, []);
  return readFileSync(join(npm.folder, output.filename), 'utf8');
}

async function bundledByVite(name, code) {
  const lib = { entry: entry(name, code), formats: ['iife'], name: 'unused' };
  const built = await viteBuild({
    configFile: false,
    root: npm.folder,
    logLevel: 'error',
    build: { lib, write: false },
  });
  return [built].flat()[0].output[0].code;
}
