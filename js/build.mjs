// Turns the two components into JavaScript and their WIT into TypeScript, and all of it into CommonJS: `npm run build`.
//
// Everything lands in dist/, which is not committed. The core modules are inlined as base64, so that neither
// Node nor a browser nor a bundler has a file to load.

import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { $init, generateTypes } from '@bytecodealliance/jco-transpile/component';
import { commonjs } from './commonjs.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, 'dist');
const WIT = join(HERE, '../wit');

/** Where to find the components: said outright, in Cargo's target folder, or in the clone's. */
const COMPONENTS = resolve(
  process.env.HEADROOM_COMPONENTS || join(process.env.CARGO_TARGET_DIR || join(HERE, '../target'), 'components'),
);

/** Each world with the options of jco that it needs; what holds for both stands in `emit`. */
const WORLDS = [
  { world: 'planner', folder: 'planner', options: { instantiation: 'sync' } },
  { world: 'client', folder: 'component', options: { instantiation: 'async', asyncMode: 'jspi' } },
];

/** Ends the build with one line and exit code 2. */
function refuse(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(2);
}

async function component(world) {
  const path = join(COMPONENTS, `headroom-${world}.wasm`);
  const bytes = await readFile(path).catch(() =>
    refuse(`no component at \`${path}\`: run \`cargo xtask build-guest\``),
  );
  return { path, bytes };
}

/** The files of one world: the bindings, and the core modules as strings. */
async function emit({ world, folder, options }) {
  const { path, bytes } = await component(world);
  const both = { name: world, emitTypescriptDeclarations: false, nodejsCompat: false, wasiShim: false, minify: true };
  const { files } = await transpileBytes(bytes, { ...both, ...options, noComponentErrorWrapping: false }).catch(
    (error) => {
      const why = String(error.message ?? error).split('\n')[0];
      return refuse(`\`${path}\` is not a component that jco reads (${why}): run \`cargo xtask build-guest\``);
    },
  );
  const isCore = (name) => name.endsWith('.wasm');
  const encoded = Object.keys(files)
    .filter(isCore)
    .map((name) => `  '${name}': '${Buffer.from(files[name]).toString('base64')}',\n`);
  const modules = `/** Core modules in base64, by the names under which the bindings ask for them. */\nexport const modules = {\n${encoded.join('')}};\n`;
  const bindings = lean(Buffer.from(files[`${world}.js`]).toString());
  return { [`${folder}/${world}.js`]: bindings, [`${folder}/modules.js`]: modules };
}

/** Bindings without what nobody here asks for; a test says if jco has come to write them otherwise. */
function lean(bindings) {
  return (
    bindings
      // A directive that no runtime knows, and every bundler warns of.
      .replace(/^"use components";/, '')
      // Bundlers would follow it; our loader always says where the core modules are.
      .replace(/,getCoreModule\|\|\(getCoreModule=[^;]*import\.meta\.url\)\)\);/, ';')
      // jco's own log: each of its lines reads `process.env`, which took a third of the time of a `quotaCheck`.
      .replace(/globalThis\?\.process\?\.env\?\.JCO_DEBUG&&console\.debug\(\.\.\.\w+\)/, '')
  );
}

/** The WIT as one text: jco 1.35 reads no folder (`os error 44`), and only the WIT carries the documentation. */
async function wit() {
  const names = (await readdir(WIT)).filter((name) => name.endsWith('.wit')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(WIT, name), 'utf8')));
  const header = /^package [^;]+;$/m;
  return [texts[0].match(header)[0], ...texts.map((text) => text.replace(header, ''))].join('\n');
}

/** Types of one world. Those of the interface `types` are the same for both. */
function types(text, { world, options }) {
  const asyncMode = options.asyncMode === 'jspi' ? { tag: 'jspi', val: { imports: [], exports: [] } } : { tag: 'sync' };
  const generated = generateTypes(world, {
    wit: { tag: 'source', val: text },
    world,
    features: { tag: 'list', val: [] },
    instantiation: { tag: options.instantiation },
    tlaCompat: false,
    guest: false,
    asyncMode,
    flagsAsBigint: false,
    variantsInlineCases: true,
    useNamespaceObjects: false,
    enumValuesScreamingSnakeCase: false,
  });
  const interfaces = generated.filter(([name]) => name.startsWith('interfaces/'));
  return Object.fromEntries(
    interfaces.map(([name, bytes]) => [name.replace('interfaces/headroom-forge-', 'types/'), bytes]),
  );
}

/** Imports between the files of `types/` follow their shorter names. */
const renamed = (bytes) => Buffer.from(bytes).toString().replaceAll('./headroom-forge-', './').replace(/\s+$/, '\n');

function size(path, bytes) {
  const kib = (length) => `${(length / 1024).toFixed(1)} KiB`;
  return `${path.padEnd(22)} ${kib(bytes.length).padStart(10)} ${kib(gzipSync(bytes).length).padStart(10)} gzip\n`;
}

await $init;
const text = await wit();
const files = {};
// One after the other: of two wrong components the first is named, every time.
for (const world of WORLDS) Object.assign(files, await emit(world));
const declarations = Object.assign({}, ...WORLDS.map((world) => types(text, world)));
for (const [name, bytes] of Object.entries(declarations)) files[name] = renamed(bytes);

await rm(DIST, { recursive: true, force: true });
for (const [name, content] of Object.entries(files)) {
  const path = join(DIST, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  if (name.endsWith('.js')) process.stdout.write(size(`dist/${name}`, Buffer.from(content)));
}

await commonjs(HERE).catch((error) => refuse(error.message));
