// The packed package: what others' tools say of it, and that programs load it in every way.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { packed } from './support/packed.js';

const npm = packed();
after(npm.remove);

test('what is packed is the code, its types and the readme', () => {
  const ours = /^((dist\/cjs\/)?(src|dist\/(planner|types|component))\/[\w.]+|(dist\/cjs\/)?package\.json|README\.md)$/;
  for (const path of npm.files) assert.match(path, ours);
  for (const name of ['index', 'bridge', 'api', 'kvs', 'node']) {
    for (const path of [`src/${name}.js`, `src/${name}.d.ts`]) {
      assert.ok(npm.files.includes(path) && npm.files.includes(`dist/cjs/${path}`), path);
    }
  }
});

test('publint finds nothing to improve', async () => {
  const { messages } = await publint({ pkgDir: npm.installed, pack: false, strict: true });
  assert.deepEqual(messages, []);
});

test('types are those of the code, by import and by require', async () => {
  const { problems } = await checkPackage(createPackageFromTarballData(npm.tarball));
  // The oldest way of finding modules knows no `exports`, and no Node that we run on uses it. The client world needs
  // Node 24, which can `require` ES modules.
  const isKnown = ({ kind, entrypoint, resolutionKind }) =>
    resolutionKind === 'node10' || (entrypoint === './component' && kind === 'CJSResolvesToESM');
  assert.deepEqual(
    problems.filter((problem) => !isKnown(problem)),
    [],
  );
});

test('every entry loads by import and by require, and both decide alike', () => {
  const program = (load) => `
    const [main, ...adapters] = ${load};
    const { status, save } = main.createHeadroom({ seed: 1n, now: () => 0 });
    status();
    const names = [main, ...adapters].flatMap((entry) => Object.keys(entry));
    console.log(names.filter((name) => !/^(default|module\\.exports|__esModule)$/.test(name)).sort().join());
    console.log(save().bytes.length);`;
  const names = ['', '/bridge', '/api', '/kvs', '/node'].map((name) => `'headroom-forge${name}'`);
  const imported = ran('import.mjs', program(`await Promise.all([${names.map((name) => `import(${name})`)}])`));
  const required = ran('require.cjs', program(`[${names.map((name) => `require(${name})`)}]`));
  assert.match(imported, /createHeadroom.*createMemory.*deferToQueue.*middleware.*wrapApi,wrapBridge\n\d+\n$/);
  assert.equal(required, imported);
});

test('an error of one kind of module is understood by the other', () => {
  const program = `
    import { createRequire } from 'node:module';
    import { createHeadroom, explain } from 'headroom-forge';
    const required = createRequire(import.meta.url)('headroom-forge');
    const send = () => new Response('', { status: 429, headers: { 'Retry-After': '60' } });
    const error = await required.createHeadroom().requestWithRetry('/x', { send, deadline: 0 }).catch((error) => error);
    const { isLimit, notBefore } = await explain(error);
    console.log(isLimit, notBefore.getTime() === error.notBefore.getTime());`;
  assert.equal(ran('both.mjs', program), 'true true\n');
});

test('a required module has source maps that lead to files of the package', () => {
  const code = join(npm.installed, 'dist/cjs/src/headroom.js');
  const [, name] = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(code, 'utf8'));
  const { sources } = JSON.parse(readFileSync(join(dirname(code), name), 'utf8'));
  assert.deepEqual(sources, ['../../../src/headroom.js']);
  for (const source of sources) assert.ok(existsSync(join(dirname(code), source)), source);
});

function ran(name, code) {
  const program = join(npm.folder, name);
  writeFileSync(program, code);
  const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout;
}
