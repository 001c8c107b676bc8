//! backon: retries.

use super::{Client, Refused, Server, answer};
use backon::{ExponentialBuilder, Retryable};
use futures::FutureExt;
use headroom_model::operation::Request;
use std::time::Duration;

pub fn raw(server: Server, _nodes: u32) -> Client {
    Box::new(move |call: Request| {
        let server = server.clone();
        async move {
            // begin raw
            let content = (|| answer(&server, &call))
                .retry(ExponentialBuilder::default())
                .sleep(tokio::time::sleep)
                .when(Refused::is_limit)
                .await;
            // end raw
            content.is_ok()
        }
        .boxed_local()
    })
}

pub fn best(server: Server, _nodes: u32) -> Client {
    Box::new(move |call: Request| {
        let server = server.clone();
        async move {
            // begin best
            let policy = ExponentialBuilder::default()
                .with_min_delay(Duration::from_millis(100))
                .with_max_delay(Duration::from_secs(60))
                .with_max_times(100)
                .with_jitter();
            let content = (|| answer(&server, &call))
                .retry(policy)
                .sleep(tokio::time::sleep)
                .when(Refused::is_limit)
                .adjust(|refused, delay| delay.map(|delay| refused.retry_after() + delay))
                .await;
            // end best
            content.is_ok()
        }
        .boxed_local()
    })
}

pub fn invoked(server: Server, _nodes: u32) -> Client {
    Box::new(move |call: Request| {
        let server = server.clone();
        async move {
            // begin invoked
            let policy = ExponentialBuilder::default()
                .with_min_delay(Duration::from_millis(100))
                .with_max_delay(Duration::from_secs(5))
                .with_max_times(100)
                .with_jitter();
            let content = (|| answer(&server, &call))
                .retry(policy)
                .sleep(tokio::time::sleep)
                .when(Refused::is_limit)
                .adjust(|refused, delay| delay.map(|delay| refused.until_reset(&server) + delay))
                .await;
            // end invoked
            content.is_ok()
        }
        .boxed_local()
    })
}
