//! governor: a limiter. What waits for it in published code looks at real clocks, so it is asked by hand, on tokio's.

use super::{Client, Refused, Server, answer};
use backon::{ExponentialBuilder, Retryable};
use futures::FutureExt;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use headroom_model::operation::Request;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A limiter and its clock.
struct Limiter(RateLimiter<NotKeyed, InMemoryState, Paused, NoOpMiddleware<Duration>>, Paused);

/// tokio's clock since the limiter was made.
#[derive(Clone)]
struct Paused(Instant);

impl Clock for Paused {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// What `until_ready` does.
async fn until_ready(limiter: &Limiter) {
    while let Err(not_until) = limiter.0.check() {
        tokio::time::sleep(not_until.wait_time_from(limiter.1.now())).await;
    }
}

fn of(quota: Quota) -> Arc<Limiter> {
    let clock = Paused(Instant::now());
    Arc::new(Limiter(RateLimiter::direct_with_clock(quota, clock.clone()), clock))
}

const fn nonzero(many: u32) -> NonZeroU32 {
    NonZeroU32::new(many).expect("more than none")
}

pub fn raw(server: Server, _nodes: u32) -> Client {
    // begin raw
    let limiter = of(Quota::per_second(nonzero(50)));
    // end raw
    Box::new(move |call: Request| {
        let (limiter, server) = (Arc::clone(&limiter), server.clone());
        async move {
            // begin raw
            until_ready(&limiter).await;
            let content = answer(&server, &call).await;
            // end raw
            content.is_ok()
        }
        .boxed_local()
    })
}

pub fn best(server: Server, nodes: u32) -> Client {
    // begin best
    let limiter = of(Quota::per_second(nonzero(100 / nodes)));
    // end best
    Box::new(move |call: Request| {
        let (limiter, server) = (Arc::clone(&limiter), server.clone());
        async move {
            // begin best
            let content = (async || {
                until_ready(&limiter).await;
                answer(&server, &call).await
            })
            .retry(ExponentialBuilder::default().with_max_times(20))
            .when(Refused::is_limit)
            .adjust(|refused, _| Some(refused.retry_after()))
            .await;
            // end best
            content.is_ok()
        }
        .boxed_local()
    })
}

pub fn invoked(server: Server, _nodes: u32) -> Client {
    // begin invoked
    // Not `per_second(300)`: that lets 600 through in the first second, and the windows slide. 297 and two at once: who
    // waits whole milliseconds for one at a time sends 250.
    let second = of(Quota::with_period(Duration::from_micros(3_360)).expect("more than none").allow_burst(nonzero(2)));
    let minute = of(Quota::per_minute(nonzero(7_000)));
    // end invoked
    Box::new(move |call: Request| {
        let (second, minute, server) = (Arc::clone(&second), Arc::clone(&minute), server.clone());
        async move {
            // begin invoked
            // After that whoever is refused has been told his minute.
            until_ready(&minute).await;
            let content = (async || {
                until_ready(&second).await;
                answer(&server, &call).await
            })
            .retry(ExponentialBuilder::default().with_max_times(20))
            .when(Refused::is_limit)
            .adjust(|refused, _| Some(refused.until_reset(&server)))
            .await;
            // end invoked
            content.is_ok()
        }
        .boxed_local()
    })
}
