import { Octokit } from '@octokit/core';
import { throttling } from '@octokit/plugin-throttling';
import { sleep, untilTheHour } from './retry-after.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };

export function raw({ node }) {
  const id = `node-${node}`;
  // begin raw
  const MyOctokit = Octokit.plugin(throttling);
  const octokit = new MyOctokit({
    request: { fetch },
    log,
    throttle: {
      id,
      onRateLimit: (retryAfter, options, octokit, retryCount) => {
        if (retryCount < 1) return true;
      },
      onSecondaryRateLimit: () => {},
    },
  });
  return (call) => octokit.request({ ...call });
  // end raw
}

export function best({ node }) {
  const id = `node-${node}`;
  // begin best
  const MyOctokit = Octokit.plugin(throttling);
  const onRateLimit = async (retryAfter, options, octokit, retryCount) => {
    // It takes Atlassian's reset for 1970. But it asks only where `X-RateLimit-Remaining` is 0, and those points are there
    // again at the hour; any other refusal is not retried.
    await sleep(untilTheHour());
    return retryCount < 20;
  };
  const throttle = { id, onRateLimit, onSecondaryRateLimit: onRateLimit };
  const octokit = new MyOctokit({ request: { fetch }, log, throttle });
  return (call) => octokit.request({ ...call });
  // end best
}
