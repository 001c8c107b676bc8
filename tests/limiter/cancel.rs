//! Whoever drops a call's future leaves nothing behind.

use crate::{START, compiled, limiter, page, response};
use futures::future::{BoxFuture, Either, FutureExt, join_all, pending, select};
use headroom_host::types::{Answer, AttemptCount, AttemptError, BurstRate, CallOptions, Ending, Operation, Outcome};
use headroom_host::{Clock, Error, Limiter, ManualClock, Transport};
use headroom_model::rng::SplitMix64;
use proptest::prelude::{ProptestConfig, any, proptest};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread;

/// Of a pool that none of these tests empties.
const QUOTA: u32 = 65_000;
const POINTS_OF_A_PAGE: u32 = 2;

/// Answers late, refuses, breaks, panics or never answers, as chance will have it, and counts.
#[derive(Clone)]
struct Capricious {
    clock: ManualClock,
    chance: Arc<Mutex<SplitMix64>>,
    sent: Arc<AtomicU32>,
    refused: Arc<AtomicU32>,
}

impl Capricious {
    fn new(clock: &ManualClock, seed: u64) -> Self {
        let (sent, refused) = Default::default();
        Self { clock: clock.clone(), chance: Arc::new(Mutex::new(SplitMix64::new(seed))), sent, refused }
    }

    fn below(&self, bound: u64) -> u64 {
        self.chance.lock().expect("nobody panics with it").next_u64() % bound
    }
}

impl Transport for Capricious {
    fn send(&self, _: Operation, _: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let (kind, until) = (self.below(16), self.clock.now() + self.below(3) * self.below(1_000));
        let this = self.clone();
        async move {
            this.clock.sleep_until(until).await;
            match kind {
                0..3 => {
                    this.refused.fetch_add(1, Ordering::Relaxed);
                    Ok(response(429, &[("Retry-After", "2"), ("RateLimit-Reason", "jira-burst-based")]))
                }
                3 => Err(AttemptError::Connection("reset".to_owned())),
                4 => std::panic::resume_unwind(Box::new("a panic that prints nothing")),
                5 => pending().await,
                _ => Ok(response(200, &[])),
            }
        }
        .boxed()
    }
}

/// A future that is dropped when it was polled so often.
struct Dropped<F> {
    future: Option<F>,
    polls: u64,
}

impl<F: Future + Unpin> Future for Dropped<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(left) = self.polls.checked_sub(1) else {
            self.future = None;
            return Poll::Ready(None);
        };
        self.polls = left;
        match self.future.as_mut() {
            Some(future) => Pin::new(future).poll(context).map(Some),
            None => Poll::Ready(None),
        }
    }
}

/// One call that begins sometime and is perhaps dropped: after some polls, at some instant, or not at all.
async fn call(limiter: Limiter, clock: ManualClock, mut chance: SplitMix64) -> Option<Result<Outcome, Error>> {
    clock.sleep_until(START + chance.next_u64() % 20_000).await;
    let options = CallOptions {
        deadline: chance.next_u64().is_multiple_of(2).then_some(30_000),
        idempotent: Some(true),
        ..CallOptions::default()
    };
    let call = limiter.invoke_with_retry(page(), options).boxed();
    match chance.next_u64() % 3 {
        0 => Dropped { future: Some(call), polls: chance.next_u64() % 6 }.await,
        1 => match select(call, clock.sleep_until(clock.now() + chance.next_u64() % 3_000)).await {
            Either::Left((outcome, _)) => Some(outcome),
            Either::Right(_) => None,
        },
        _ => Some(call.await),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn calls_that_are_dropped_anywhere_leave_nothing_open_and_no_point_reserved(seed in any::<u64>()) {
        let clock = ManualClock::at(START);
        let transport = Capricious::new(&clock, seed);
        let limiter = Limiter::builder(compiled())
            .configure(|config| (config.quota, config.max_attempts) = (QUOTA, 3))
            .seed(seed)
            .clock(clock.clone())
            .transport(transport.clone())
            .attempt_timeout(std::time::Duration::from_secs(5))
            .build()
            .expect("it is in range");
        let calls = (0..1_000).map(|n| call(limiter.clone(), clock.clone(), SplitMix64::new(seed ^ n)));
        let outcomes = clock.run(join_all(calls));
        let (ended, dropped): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Option::is_some);
        assert!(ended.len() > 400 && dropped.len() > 200, "{} ended, {} dropped", ended.len(), dropped.len());
        assert!(ended.into_iter().flatten().all(|outcome| outcome.is_ok()));

        let status = limiter.status().expect("no trap");
        assert_eq!((status.open_calls, status.in_flight), (0, 0));
        // An attempt without an answer may have been acted on, a refused one was not.
        let [sent, refused] = [&transport.sent, &transport.refused].map(|count| count.load(Ordering::Relaxed));
        let spent = POINTS_OF_A_PAGE * (sent - refused);
        assert_eq!(status.pools.iter().map(|pool| pool.points_left).collect::<Vec<_>>(), [QUOTA - spent]);
        assert_eq!(clock.next_wake(), None, "no timer is left either");
    }
}

#[test]
fn what_a_dropped_call_had_reserved_and_not_sent_is_the_next_ones() {
    // One request a second, and points for two pages.
    let (limiter, clock) = limiter(|builder| {
        builder.configure(|config| (config.quota, config.burst) = (4, Some(BurstRate { per_second: 1, capacity: 1 })))
    });
    let (operation, options) = (page(), CallOptions::default());
    let answered = || limiter.invoke_with(&operation, &options, |_| async { Ok(response(200, &[])) });
    clock.run(answered()).expect("no trap");
    let points_left = || limiter.status().expect("no trap").pools[0].points_left;
    for _ in 0..3 {
        let mut waits = pin!(answered());
        assert!(waits.as_mut().now_or_never().is_none(), "it waits for its turn");
        assert_eq!(points_left(), 0, "and has its points set aside");
    }
    assert_eq!((points_left(), limiter.status().expect("no trap").open_calls), (2, 0));
    clock.run(answered()).expect("no trap");
    assert_eq!((points_left(), clock.now()), (0, START + 1_000), "the dropped ones had no turn either");
}

#[test]
fn threads_share_a_limiter_and_every_call_ends() {
    let clock = ManualClock::at(START);
    let limiter = Limiter::builder(compiled()).clock(clock).build().expect("it is in range");
    let sent = AtomicU32::new(0);
    let send = |_: AttemptCount| match sent.fetch_add(1, Ordering::Relaxed) % 10 {
        0 => Ok(response(429, &[("Retry-After", "1"), ("RateLimit-Reason", "jira-burst-based")])),
        _ => Ok(response(200, &[])),
    };
    thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for _ in 0..200 {
                    let outcome = limiter.invoke_with_blocking(&page(), &CallOptions::default(), send);
                    assert!(matches!(outcome.expect("no trap").ending, Ending::Success(_) | Ending::Refused(_)));
                }
            });
        }
    });
    let status = limiter.status().expect("no trap");
    assert_eq!((status.open_calls, status.in_flight), (0, 0));
    assert!(sent.into_inner() >= 1_600);
}
