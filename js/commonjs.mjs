// The second half of the build: the same files once more for `require`, below dist/cjs/.
//
// TypeScript's compiler turns file by file and bundles nothing, so the entries share one planner, and one set of error
// classes. The folders are those of the package, for the imports between the files to stay as they are.

import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** The client world needs Node 24, which can `require` ES modules. */
const ESM_ALONE = /^(component|host)\./;

/**
 * Writes dist/cjs/ from src/ and dist/.
 *
 * @param {string} root the package's folder
 * @throws {Error} what the compiler says
 */
export async function commonjs(root) {
  const cjs = join(root, 'dist/cjs');
  await rm(cjs, { recursive: true, force: true });
  const sources = (await readdir(join(root, 'src'))).filter((name) => !ESM_ALONE.test(name));
  const scripts = sources.filter((name) => name.endsWith('.js')).map((name) => `src/${name}`);
  const planner = ['dist/planner/planner.js', 'dist/planner/modules.js'];
  await compile(root, cjs, [...scripts, ...planner]);
  const types = await readdir(join(root, 'dist/types'));
  const declarations = [
    ...sources.filter((name) => name.endsWith('.d.ts')).map((name) => `src/${name}`),
    ...types.map((name) => `dist/types/${name}`),
  ];
  for (const name of declarations) {
    await mkdir(dirname(join(cjs, name)), { recursive: true });
    await copyFile(join(root, name), join(cjs, name));
  }
  // What jco wrote is no source that anybody would step through.
  for (const name of planner) await unmapped(join(cjs, name));
  await writeFile(join(cjs, 'package.json'), '{ "type": "commonjs", "sideEffects": false }\n');
}

async function compile(root, outDir, files) {
  const project = join(root, 'dist/tsconfig.cjs.json');
  const compilerOptions = {
    allowJs: true,
    module: 'commonjs',
    target: 'es2022',
    noResolve: true,
    types: [],
    sourceMap: true,
    rootDir: root,
    outDir,
  };
  await writeFile(project, JSON.stringify({ compilerOptions, files: files.map((name) => join(root, name)) }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', project]);
  } catch ({ stdout, message }) {
    throw new Error(`typescript cannot turn the package into commonjs (${(stdout || message).split('\n')[0]})`);
  } finally {
    await rm(project);
  }
}

async function unmapped(path) {
  const code = await readFile(path, 'utf8');
  await writeFile(path, code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
  await rm(`${path}.map`);
}
