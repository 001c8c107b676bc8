// A server on nothing but Node: `node server.js`.

import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { createHeadroom } from 'headroom-forge';
import { limitErrors, middleware, siteFetch } from 'headroom-forge/node';

/** The server; `headroom` is shared by all its requests, since they share the app's limits. */
export function site({ headroom, cloudId, token, baseUrl, deadlineMs }) {
  const confluence = siteFetch(headroom, { cloudId, product: 'confluence', token: () => token, baseUrl });
  const within = middleware(headroom, { deadlineMs, tenant: () => cloudId });
  const failed = limitErrors();
  return createServer((request, response) => {
    within(request, response, () => {
      page(confluence, request, response).catch((error) =>
        failed(error, request, response, () => {
          response.statusCode = 500;
          response.end('something else went wrong');
        }),
      );
    });
  });
}

async function page(confluence, request, response) {
  const id = /^\/pages\/(\d+)$/.exec(request.url)?.[1];
  if (!id) {
    response.statusCode = 404;
    response.end('ask for /pages/{id}');
    return;
  }
  const answer = await confluence(`/wiki/api/v2/pages/${id}`, {}, request.headroom.options());
  response.statusCode = answer.status;
  response.setHeader('Content-Type', 'application/json');
  response.end(await answer.text());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { SITE: baseUrl, TOKEN: token = '', CLOUD_ID: cloudId = 'example' } = process.env;
  const server = site({ headroom: createHeadroom(), cloudId, token, baseUrl, deadlineMs: 25_000 });
  server.listen(3000, () => console.log('http://127.0.0.1:3000/pages/100000'));
}
