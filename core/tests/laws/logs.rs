//! What is told of a call is what happened; what nobody promised is retried within bounds.

use crate::world::{Job, NOON, Network, Server, Track, World, page, request, response};
use headroom_core::config::BurstRate;
use headroom_core::log::{Entry, Event};
use headroom_core::verdict::{CallOptions, Ending, LimiterKind, Step};
use headroom_core::{CallId, Config, Limiter};
use headroom_model::operation::{Answer, Header, Operation, Request, Response};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};
use proptest::prelude::*;

const CROWDED: &str = "jira-max-concurrent-threads-across-all-instances-per-tenant-per-user";

fn retry_after(secs: u64) -> Header {
    Header::new("Retry-After", secs.to_string())
}

/// Everything that a call can meet. `kinds` are the first so many of it.
struct Rude {
    rng: SplitMix64,
    good_percent: u64,
    kinds: u64,
}

impl Server for Rude {
    fn answer(&mut self, _operation: &Operation, _now: Instant) -> Answer {
        if self.rng.up_to(99) < self.good_percent {
            return response(200, vec![]);
        }
        match self.rng.up_to(self.kinds - 1) {
            0 => response(429, vec![]),
            1 => response(429, vec![retry_after(self.rng.up_to(20))]),
            2 => response(503, vec![retry_after(self.rng.up_to(20))]),
            3 => response(404, vec![]),
            4 => response(429, vec![retry_after(1), Header::new("RateLimit-Reason", CROWDED)]),
            _ => response(429, vec![retry_after(2), Header::new("RateLimit-Reason", "jira-burst-based")]),
        }
    }
}

fn any_jobs() -> impl Strategy<Value = Vec<Job>> {
    let gap = prop_oneof![4 => 0_u64..100, 1 => 0_u64..20_000];
    let tenant = proptest::sample::select(&["t", "u", "v"][..]);
    proptest::collection::vec((gap, tenant), 1..40).prop_map(|jobs| {
        let mut now = NOON;
        let job = |(gap, tenant): (u64, &str)| {
            now += Millis(gap);
            Job::new(now, page(tenant))
        };
        jobs.into_iter().map(job).collect()
    })
}

/// Whether `next` follows from `entry`: what takes time is a request on its way, or a wait that says until when.
fn explains(entry: &Entry, next: &Entry) -> bool {
    match &entry.event {
        Event::Sent(_) => {
            matches!(next.event, Event::Refused { .. } | Event::Error { .. } | Event::NoAnswer | Event::Answered { .. })
        }
        Event::Waits(wait) => next.at == wait.until,
        _ => next.at == entry.at,
    }
}

/// Whether the last entry tells of this ending.
fn tells_of(entry: &Event, ending: &Ending) -> bool {
    match ending {
        Ending::Success => matches!(entry, Event::Answered { .. }),
        Ending::Refused(_) => matches!(entry, Event::Refused { .. }),
        Ending::Deferred(_) => matches!(entry, Event::BudgetSpent),
        Ending::Failed => matches!(entry, Event::Error { .. } | Event::NoAnswer | Event::BudgetSpent),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whatever a call meets, its log says how it began, when each attempt was sent, and what each wait was for.
    #[test]
    fn a_log_tells_the_story_of_its_call(
        jobs in any_jobs(),
        good_percent in 0_u64..100,
        loss_percent in prop_oneof![Just(0_u64), Just(20)],
        max_attempts in prop_oneof![1_u32..6, Just(30)],
        per_second in 1_u32..20,
        seed: u64,
    ) {
        let burst = Some(BurstRate { per_second, capacity: 2 });
        let config = Config { max_attempts, burst, ..Config::default() };
        let server = Rude { rng: SplitMix64::new(seed), good_percent, kinds: 6 };
        let mut world = World::new(config, server, Network { loss_percent, ..Network::up_to(100) }, jobs, seed);
        world.run();
        for (job, Track { sends, outcome, log, .. }) in world.jobs.iter().zip(&world.tracks) {
            prop_assert!(log.len() <= 32);
            prop_assert!(log[0].at == job.at && matches!(log[0].event, Event::Begun { attempts: 0, .. }), "{log:?}");
            let told: Vec<_> = log.iter().filter_map(|entry| match entry.event {
                Event::Sent(attempt) => Some((attempt as usize, entry.at)),
                _ => None,
            }).collect();
            let sent: Vec<_> = (1..).zip(sends.iter().copied()).collect();
            prop_assert!(sent.ends_with(&told) && (log.len() == 32 || told.len() == sent.len()), "{log:?}");
            // Of a long log the second entry is gone, and those after it.
            let kept = if log.len() == 32 { &log[1..] } else { &log[..] };
            for pair in kept.windows(2) {
                prop_assert!(explains(&pair[0], &pair[1]), "{pair:?} of {log:?}");
            }
            let ending = &outcome.as_ref().expect("every call ends").1.ending;
            prop_assert!(tells_of(&log.last().unwrap().event, ending), "{log:?} of {ending:?}");
        }
    }

    /// Where no instant is promised, a tenant's calls are retried no more often than its budget and a tenth of its
    /// successes; and nobody's budget is spent by another.
    #[test]
    fn blind_retries_are_bounded_for_each_tenant(
        jobs in any_jobs(),
        good_percent in 0_u64..100,
        loss_percent in 0_u64..60,
        retry_budget in 0_u32..6,
        seed: u64,
    ) {
        let config = Config { max_attempts: 12, retry_budget, ..Config::default() };
        let server = Rude { rng: SplitMix64::new(seed), good_percent, kinds: 1 };
        let mut world = World::new(config, server, Network { loss_percent, ..Network::up_to(100) }, jobs, seed);
        world.run();
        for tenant in ["t", "u", "v"] {
            let own = world.jobs.iter().zip(&world.tracks).filter(|(job, _)| job.operation == page(tenant));
            let tracks: Vec<_> = own.map(|(_, track)| track).collect();
            let retries: usize = tracks.iter().map(|track| track.sends.len().saturating_sub(1)).sum();
            let is_success = |track: &&&Track| matches!(&track.outcome, Some((_, outcome)) if outcome.ending == Ending::Success);
            let successes = tracks.iter().filter(is_success).count();
            prop_assert!(retries <= retry_budget as usize + successes / 10, "{retries} and {successes} of {tenant}");
            let is_spent = tracks.iter().flat_map(|track| &track.log).any(|entry| entry.event == Event::BudgetSpent);
            prop_assert!(!is_spent || retries >= retry_budget as usize, "{retries} of {retry_budget} spent {tenant}'s");
        }
    }

    /// So many are on their way when one is refused for their number: from then on at most half of the others, or one,
    /// and one more for each ten seconds without a refusal. Other tenants do not notice.
    #[test]
    fn after_a_refusal_for_their_number_half_may_be_on_their_way(
        crowd in 1_u64..40,
        secs in 1_u64..6,
        more in 1_usize..60,
        mean_ms in 1_u64..3_000,
        seed: u64,
    ) {
        let config = Config { burst: None, jitter: Millis(0), ..Config::default() };
        let (mut limiter, mut rng) = (Limiter::new(config, seed).unwrap(), SplitMix64::new(seed));
        let send = |limiter: &mut Limiter| {
            let call = limiter.begin(&page("t"), &CallOptions::default(), NOON).unwrap();
            assert_eq!(limiter.next(call, NOON), Step::Send(1));
            call
        };
        let mut in_flight: Vec<CallId> = (0..crowd).map(|_| send(&mut limiter)).collect();
        let refused = in_flight.remove(0);
        let headers = vec![retry_after(secs), Header::new("RateLimit-Reason", CROWDED)];
        limiter.on_response(refused, &response(429, headers), NOON);
        let other = limiter.begin(&page("u"), &CallOptions::default(), NOON).unwrap();
        prop_assert_eq!(limiter.next(other, NOON), Step::Send(1));
        let again = NOON + Millis::from_secs(secs);
        let half = ((crowd - 1) / 2).max(1);
        let mut waiting = vec![(again, refused)];
        for _ in 0..more {
            waiting.push((NOON, limiter.begin(&page("t"), &CallOptions::default(), NOON).unwrap()));
        }
        let mut now = NOON;
        while !waiting.is_empty() {
            for (until, call) in waiting.extract_if(.., |(until, _)| *until <= now).collect::<Vec<_>>() {
                prop_assert!(until <= now);
                match limiter.next(call, now) {
                    Step::Send(_) => {
                        prop_assert!(now >= again, "sent at {now}");
                        let raises = now.since(again).0 / 10_000;
                        prop_assert!((in_flight.len() as u64) < half + raises, "{} beside it", in_flight.len());
                        in_flight.push(call);
                    }
                    Step::WaitUntil(wait) => {
                        prop_assert_eq!(wait.limit.kind, LimiterKind::Concurrency);
                        waiting.push((wait.until, call));
                    }
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            now += Millis(1 + rng.up_to(mean_ms));
            if !in_flight.is_empty() {
                let call = in_flight.swap_remove(usize::try_from(rng.up_to(in_flight.len() as u64 - 1)).unwrap());
                limiter.on_response(call, &response(200, vec![]), now);
                limiter.end(call);
            }
        }
    }
}

/// A GraphQL server refuses in the body of a success, and says there when to come again.
#[test]
fn a_graphql_refusal_inside_a_success_is_waited_for_and_retried() {
    let body = br#"{"data":null,"errors":[{"message":"slow down","extensions":{"statusCode":429,"retryAfter":7}}]}"#;
    let refusal = Answer::Response(Response { status: 200, headers: vec![], body: body.to_vec() });
    let Operation::Rest(query) = request("t", "POST", "/graphql") else { panic!("it is a request") };
    let query = Operation::Rest(Request { body: Some(b"{\"query\":\"{me}\"}".to_vec()), ..query });
    let mut limiter = Limiter::with_defaults(1);
    let call = limiter.begin(&query, &CallOptions::default(), NOON).unwrap();
    assert_eq!(limiter.next(call, NOON), Step::Send(1));
    limiter.on_response(call, &refusal, NOON);
    let Step::WaitUntil(wait) = limiter.next(call, NOON) else { panic!("it was refused") };
    assert!(wait.until >= NOON + Millis(7_000) && wait.until <= NOON + Millis(8_000));
    assert!(matches!(&limiter.log(call)[2].event, Event::Refused(refused) if refused.until == wait.until));
    assert_eq!(limiter.next(call, wait.until), Step::Send(2));

    let page = limiter.begin(&page("t"), &CallOptions::default(), wait.until).unwrap();
    limiter.next(page, wait.until);
    limiter.on_response(page, &refusal, wait.until);
    let Step::Done(outcome) = limiter.next(page, wait.until) else { panic!("the body of a page is its own") };
    assert_eq!(outcome.ending, Ending::Success);
}

#[test]
fn a_call_that_was_ended_has_no_log() {
    let mut limiter = Limiter::with_defaults(1);
    let call = limiter.begin(&page("t"), &CallOptions::default(), Instant(0)).unwrap();
    assert_eq!(limiter.log(call).len(), 1);
    limiter.end(call);
    assert!(limiter.log(call).is_empty());
}
