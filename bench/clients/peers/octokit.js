import { Octokit } from '@octokit/core';
import { throttling } from '@octokit/plugin-throttling';
import Bottleneck from 'bottleneck';
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

export function invoked({ node }) {
  const id = `node-${node}`;
  // begin invoked
  const MyOctokit = Octokit.plugin(throttling);
  // What is refused is lost, so a quarter of a second is left between two minutes.
  const minute = { reservoir: 7_000, reservoirRefreshAmount: 7_000, reservoirRefreshInterval: 60_250 };
  // For GitHub it sends one POST a second and ten requests at a time. 300 a second, and a little less, for timers keep
  // to whole milliseconds.
  const write = new Bottleneck.Group({ minTime: 3.34, ...minute });
  const global = new Bottleneck.Group({});
  // It never asks: a web trigger's refusals have other fields than those it reads.
  const throttle = { id, write, global, onRateLimit() {}, onSecondaryRateLimit() {} };
  const octokit = new MyOctokit({ request: { fetch }, log, throttle });
  return (call) => octokit.request({ ...call });
  // end invoked
}
