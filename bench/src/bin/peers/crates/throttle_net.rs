//! throttle-net: limits and retries.

use super::{Client, Refused, Server, answer};
use futures::FutureExt;
use headroom_model::operation::Request;
use std::sync::Arc;
use std::time::Duration;
use throttle_net::{Backoff, Hybrid, Retry, RetryAction, SlidingWindowLog, Throttle, TokioClock};

pub fn raw(server: Server, _nodes: u32) -> Client {
    // begin raw
    let throttle = Arc::new(Throttle::per_second(100).with_clock(TokioClock));
    // end raw
    Box::new(move |call: Request| {
        let (throttle, server) = (Arc::clone(&throttle), server.clone());
        async move {
            // begin raw
            throttle.acquire().await.is_ok() && answer(&server, &call).await.is_ok()
            // end raw
        }
        .boxed_local()
    })
}

pub fn best(server: Server, nodes: u32) -> Client {
    // begin best
    let throttle = Arc::new(Throttle::smooth(100, Duration::from_secs(nodes.into())).with_clock(TokioClock));
    let retry = Retry::new(Backoff::default()).max_attempts(20).max_retry_after(Duration::from_secs(2 * 3_600));
    // end best
    Box::new(move |call: Request| {
        let (throttle, server, retry) = (Arc::clone(&throttle), server.clone(), retry.clone());
        async move {
            // begin best
            let attempt = async || {
                throttle.acquire().await.ok();
                answer(&server, &call).await
            };
            let classify = |refused: &Refused| {
                if !refused.is_limit() {
                    return RetryAction::GiveUp;
                }
                // Nobody else has to be refused meanwhile.
                throttle.pause_for(refused.retry_after());
                RetryAction::RetryAfter(refused.retry_after())
            };
            let content = retry.run(attempt, classify).await;
            // end best
            content.is_ok()
        }
        .boxed_local()
    })
}

pub fn invoked(server: Server, _nodes: u32) -> Client {
    // begin invoked
    let throttle = Hybrid::builder()
        .limiter(SlidingWindowLog::per_second(300).with_clock(TokioClock))
        .limiter(SlidingWindowLog::per_minute(7_000).with_clock(TokioClock))
        .build();
    let retry = Retry::new(Backoff::default()).max_attempts(20).max_retry_after(Duration::from_secs(120));
    // end invoked
    Box::new(move |call: Request| {
        let (throttle, server, retry) = (throttle.clone(), server.clone(), retry.clone());
        async move {
            // begin invoked
            let attempt = async || {
                throttle.acquire().await.ok();
                answer(&server, &call).await
            };
            let classify = |refused: &Refused| {
                if !refused.is_limit() {
                    return RetryAction::GiveUp;
                }
                throttle.pause_for(refused.until_reset(&server));
                RetryAction::RetryAfter(refused.until_reset(&server))
            };
            let content = retry.run(attempt, classify).await;
            // end invoked
            content.is_ok()
        }
        .boxed_local()
    })
}
