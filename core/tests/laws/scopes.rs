//! A refusal stops what it covers and nothing beside it; what is known of scopes is bounded, and forgotten without a grant.

use crate::moody::any_limit;
use crate::world::{Job, NOON, Network, Silent, World, get, page, request, response};
use headroom_core::config::PoolKind;
use headroom_core::verdict::{CallOptions, Decision, Step};
use headroom_core::{Config, Limiter};
use headroom_model::operation::{Answer, Header, Operation};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};
use proptest::prelude::*;

/// Requests that differ in tenant, template, method and issue, some of them in one of these alone.
fn any_request() -> impl Strategy<Value = Operation> {
    let path = proptest::sample::select(vec![
        "/wiki/rest/api/content/1",
        "/wiki/rest/api/content/2?expand=version",
        "/rest/api/3/issue/A-1",
        "/rest/api/3/issue/A-1/comment",
        "/rest/api/3/issue/A-2",
        "/rest/api/3/issue/bulk",
        "/of/no/template",
        "/none/either",
    ]);
    ("[tu]", "GET|get|PUT|DELETE|QUERY", path).prop_map(|(tenant, method, path)| request(&tenant, &method, path))
}

fn refused(reason: &str, secs: u64) -> Answer {
    response(429, vec![Header::new("Retry-After", secs.to_string()), Header::new("RateLimit-Reason", reason)])
}

/// Sends one call of this operation and reports this answer.
fn report(limiter: &mut Limiter, operation: &Operation, answer: &Answer, now: Instant) {
    let call = limiter.begin(operation, &CallOptions::default(), now).unwrap();
    if limiter.next(call, now) == Step::Send(1) {
        limiter.on_response(call, answer, now);
    }
    limiter.end(call);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_pause_covers_exactly_what_was_refused(
        first in any_request(),
        others in proptest::collection::vec(any_request(), 1..12),
        secs in 1_u64..1_800,
        seed: u64,
    ) {
        let Operation::Rest(request) = &first else { unreachable!() };
        let (covers, reasons) = any_limit(request, &mut SplitMix64::new(seed));
        let mut limiter = Limiter::with_defaults(seed);
        report(&mut limiter, &first, &refused(reasons[0], secs), NOON);
        let promised = NOON + Millis::from_secs(secs);
        for operation in others.iter().chain([&first]) {
            match limiter.quota_check(operation, &CallOptions::default(), NOON).decision {
                Decision::WaitUntil(wait) if covers.does_cover(operation) => {
                    prop_assert!(wait.until >= promised && wait.until <= promised + Config::default().jitter);
                    let before = limiter.quota_check(operation, &CallOptions::default(), Instant(wait.until.0 - 1)).decision;
                    prop_assert_eq!(before, Decision::WaitUntil(wait.clone()), "refused 1 ms before");
                    prop_assert_eq!(limiter.quota_check(operation, &CallOptions::default(), wait.until).decision, Decision::Proceed);
                }
                decision => {
                    prop_assert_eq!(decision, Decision::Proceed, "{:?} under {:?}", operation, &covers);
                    prop_assert!(!covers.does_cover(operation), "{operation:?} under {covers:?}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// The same history twice; in one of them, thousands of other tenants make the limiter forget what is idle.
    #[test]
    fn what_was_swept_grants_no_more_than_what_was_kept(
        history in proptest::collection::vec((any_request(), 0_u64..20_000, 0_u64..4), 1..40),
        rest in prop_oneof![0_u64..3_000, 0_u64..300_000],
        ask in proptest::collection::vec((any_request(), 0_u64..50), 1..30),
    ) {
        let config = Config { pool: PoolKind::PerTenant, ..Config::default() };
        let mut kept = Limiter::new(config, 1).unwrap();
        let mut now = NOON;
        for (operation, gap, secs) in &history {
            now += Millis(*gap);
            let success = response(200, Vec::new());
            report(&mut kept, operation, &if *secs == 0 { success } else { refused("jira-burst-based", *secs) }, now);
        }
        now += Millis(rest);
        let mut swept = kept.clone();
        for n in 0..1_100 {
            let call = swept.begin(&page(&format!("other-{n}")), &CallOptions::default(), now).unwrap();
            swept.end(call);
        }
        for (operation, gap) in &ask {
            now += Millis(*gap);
            let [kept, swept] = [&mut kept, &mut swept].map(|limiter| {
                let decision = limiter.quota_check(operation, &CallOptions::default(), now).decision;
                limiter.begin(operation, &CallOptions::default(), now).unwrap();
                if let Decision::WaitUntil(wait) = decision { wait.until } else { now }
            });
            prop_assert_eq!(kept, swept);
        }
    }

    #[test]
    fn writes_to_an_issue_keep_to_both_windows_and_delay_nothing_else(
        gaps in proptest::collection::vec((0_u64..60, 0_u8..4), 1..400),
        seed: u64,
    ) {
        let mut now = NOON;
        let paths = ["/rest/api/3/issue/A-1", "/rest/api/3/issue/A-1/comment", "/rest/api/3/issue/A-2"];
        let jobs: Vec<_> = gaps.iter().map(|(gap, which)| {
            now += Millis(*gap);
            let operation = paths.get(usize::from(*which)).map(|path| request("t", "POST", path));
            Job::new(now, operation.unwrap_or_else(|| get("t", paths[0])))
        }).collect();
        // No tenant's pace stands in the way.
        let burst = Some(headroom_core::config::BurstRate { per_second: 1_000, capacity: 1_000 });
        let config = Config { burst, ..Config::default() };
        let mut world = World::new(config, Silent, Network::up_to(0), jobs, seed);
        world.run();
        for issue in [&[0, 1][..], &[2]] {
            let of_issue = gaps.iter().zip(&world.tracks).filter(|((_, which), _)| issue.contains(which));
            let mut sends: Vec<_> = of_issue.flat_map(|(_, track)| &track.sends).collect();
            sends.sort_unstable();
            for (most, span) in [(20, Millis(2_000)), (100, Millis(30_000))] {
                let is_within = |pair: &[&Instant]| pair[most].since(*pair[0]) < span;
                prop_assert!(!sends.windows(most + 1).any(is_within), "more than {most} within {span:?}");
            }
            // Few writes never wait, however many wait for the other issue.
            let mut few = world.jobs.iter().zip(&world.tracks).zip(&gaps).filter(|(_, (_, which))| issue.contains(which));
            prop_assert!(sends.len() > 20 || few.all(|((job, track), _)| track.sends == [job.at]), "others held it up");
        }
        let reads = world.jobs.iter().zip(&world.tracks).zip(&gaps).filter(|(_, (_, which))| *which == 3);
        for ((job, track), _) in reads {
            prop_assert_eq!(&track.sends, &[job.at], "a read is no write");
        }
    }
}

/// Ten times as many paths or issues over ten times the time take the same memory; the debug form shows all of it.
#[test]
fn the_memory_of_one_tenant_is_bounded_whatever_paths_it_asks_for() {
    let size_after = |asked: u64, path: &dyn Fn(u64) -> String| {
        let mut limiter = Limiter::with_defaults(1);
        for n in 0..asked {
            let now = NOON + Millis(n * 2_000);
            let answer =
                if n % 2 == 0 { refused("jira-burst-based", 1) } else { refused("jira-per-issue-on-write", 1) };
            report(&mut limiter, &request("t", "PUT", &path(n)), &answer, now);
        }
        format!("{limiter:?}").len()
    };
    for path in
        [&|n| format!("/nowhere/{n}") as String, &|n| format!("/rest/api/3/issue/A-{n}")] as [&dyn Fn(u64) -> String; 2]
    {
        let (few, many) = (size_after(3_000, path), size_after(30_000, path));
        assert!(many < 2 * few, "{few} bytes became {many}: {}", path(1));
    }
}

/// A line behind an endpoint is no line of its tenant, and it moves at the endpoint's pace.
#[test]
fn a_line_at_one_endpoint_holds_up_no_other() {
    let slow = request("t", "PUT", "/rest/api/3/issue/bulk");
    let mut limiter = Limiter::with_defaults(1);
    report(&mut limiter, &slow, &refused("jira-burst-based", 1), NOON);
    let now = NOON + Millis(3_000);
    let calls: Vec<_> = (0..200).map(|_| limiter.begin(&slow, &CallOptions::default(), now).unwrap()).collect();
    assert_eq!(limiter.quota_check(&page("t"), &CallOptions::default(), now).decision, Decision::Proceed);
    let (mut sends, mut at) = (Vec::new(), now);
    while sends.len() < calls.len() {
        sends.extend(calls.iter().filter(|call| limiter.next(**call, at) == Step::Send(1)).map(|_| at));
        at += Millis(1);
    }
    assert_eq!(sends[24], now, "a second's worth of half the rate of a PUT, 25");
    assert_eq!(sends[49].since(now), Millis(1_000), "and the next within the next");
}
