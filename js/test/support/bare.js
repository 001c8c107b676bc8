// Runs the planner in a context that has what every browser has and nothing else.

import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const index = new URL('../../src/index.js', import.meta.url);
const context = vm.createContext({ atob, TextDecoder, TextEncoder, output: [] });
const known = new Map();

function module(url) {
  if (!known.has(url.href)) {
    known.set(url.href, new vm.SourceTextModule(readFileSync(url, 'utf8'), { context, identifier: url.href }));
  }
  return known.get(url.href);
}

const program = new vm.SourceTextModule(
  `import { defaultConfig, Limiter } from './index.js';
   const request = { tenant: 'acme', method: 'GET', path: '/wiki/rest/api/content/1', headers: [] };
   const { tag, val } = new Limiter(defaultConfig(), 1n).begin({ tag: 'rest', val: request }, {}, 0n).next(0n);
   output.push(tag + ' ' + val);`,
  { context, identifier: index.href },
);
await program.link((specifier, { identifier }) => module(new URL(specifier, identifier)));
await program.evaluate();
console.log(context.output.join('\n'));
