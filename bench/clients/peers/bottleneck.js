import Bottleneck from 'bottleneck';
import { retryAfter, send, untilReset, untilTheHour } from './retry-after.js';

export function raw() {
  // begin raw
  const limiter = new Bottleneck({ minTime: 333 });
  return (call) => limiter.schedule(() => fetch(call.url, call));
  // end raw
}

export function best({ nodes }) {
  // begin best
  const hourly = Math.floor(32_500 / nodes);
  const limiter = new Bottleneck({ minTime: 10 * nodes, reservoir: hourly });
  const refill = () => {
    limiter.updateSettings({ reservoir: hourly });
    setTimeout(refill, untilTheHour());
  };
  setTimeout(refill, untilTheHour());
  limiter.on('failed', (error, { retryCount }) => {
    if (error.response?.status === 429 && retryCount < 20) return retryAfter(error.response);
  });
  return (call) => limiter.schedule(() => send(call));
  // end best
}

export function invoked() {
  // begin invoked
  const minute = { reservoir: 7_000, reservoirRefreshAmount: 7_000, reservoirRefreshInterval: 60_000 };
  // 300 a second, and a little less, for timers keep to whole milliseconds.
  const limiter = new Bottleneck(minute).chain(new Bottleneck({ minTime: 3.34 }));
  limiter.on('failed', (error, { retryCount }) => {
    if (error.response?.status === 429 && retryCount < 20) return untilReset(error.response);
  });
  return (call) => limiter.schedule(() => send(call));
  // end invoked
}
