//! Time going backwards, extreme values, determinism, and limits on everything.

use crate::world::{Job, NOON, Network, Server, Silent, World, invocation, page, request, response};
use headroom_core::config::{BurstRate, PoolKind, RateWindow};
use headroom_core::verdict::{CallOptions, Decision, Ending, Never, Priority, Step};
use headroom_core::{Config, Limiter};
use headroom_model::allowance::Allowance;
use headroom_model::operation::{Answer, Header, Operation, Trigger};
use headroom_model::profile::{CountedPer, InvocationProfile};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{HOUR, Instant, Millis};
use proptest::prelude::*;

const NAMES: &[&str] = &[
    "Retry-After",
    "retry-after",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "RateLimit-Reason",
    "Date",
    "rateLimitReset",
    "X-Beta-RateLimit-Remaining",
];

const VALUES: &[&str] = &[
    "0",
    "1",
    "-1",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "99999999999999999999999",
    "100000000",
    "99999999999",
    "1970-01-01T00:00:00Z",
    "+999999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999Z",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "",
    "\u{0}",
    "confluence-quota-global-based",
    "jira-burst-based",
];

fn any_instant() -> impl Strategy<Value = Instant> {
    prop_oneof![
        Just(Instant(0)),
        Just(Instant(u64::MAX)),
        (0_u64..3 * HOUR.0).prop_map(Instant),
        (0_u64..3 * HOUR.0).prop_map(|before| Instant(u64::MAX - before)),
        (0_u64..3 * HOUR.0).prop_map(|after| NOON + Millis(after)),
        any::<u64>().prop_map(Instant),
    ]
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let header = (proptest::sample::select(NAMES), proptest::sample::select(VALUES));
    let headers = proptest::collection::vec(header.prop_map(|(name, value)| Header::new(name, value)), 0..6);
    let status = prop_oneof![3 => Just(429_u16), 1 => Just(503), 2 => Just(200), 1 => any::<u16>()];
    let json = proptest::sample::select(VALUES).prop_map(|value| {
        Answer::Rejected(format!(
            r#"{{"status":429,"rateLimitProperties":{{"rateLimitReset":"{value}","rateLimitRemaining":{value}}}}}"#
        ))
    });
    prop_oneof![4 => (status, headers).prop_map(|(status, headers)| response(status, headers)), 1 => json]
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let path = prop_oneof![
        Just("/wiki/rest/api/content/1"),
        Just("/wiki/api/v2/pages?limit=4294967295"),
        Just(""),
        Just("?limit=")
    ];
    prop_oneof![
        ("[a-c]?", "GET|POST|", path).prop_map(|(tenant, method, path)| request(&tenant, &method, path)),
        "[a-c]?".prop_map(|user| invocation("", Some(&user), "", Trigger::Ui)),
    ]
}

fn any_windows() -> impl Strategy<Value = Vec<RateWindow>> {
    let per = prop_oneof![Just(CountedPer::App), Just(CountedPer::Account), Just(CountedPer::User)];
    let span = prop_oneof![Just(HOUR.0 * 24), 1_000_u64..99_999];
    let window = (per, prop_oneof![1_u32..9, Just(100_000)], span);
    let window = window.prop_map(|(per, limit, span)| RateWindow { per, limit, span: Millis(span) });
    proptest::collection::vec(window, 0..=8)
}

fn any_config() -> impl Strategy<Value = Config> {
    let burst = proptest::option::of((1_u32..=1_000, 1_u32..=100_000));
    let profile = proptest::sample::select(&InvocationProfile::ALL[..]);
    let times = (prop_oneof![0..=HOUR.0, Just(0), Just(HOUR.0)], 1..=HOUR.0, prop_oneof![Just(0), 0..=HOUR.0 * 720]);
    let points = || prop_oneof![1_u32..9, Just(10_000_000)];
    let cap = (points(), 0_u32..=10_000_000, proptest::option::of(points()));
    let cap = cap.prop_map(|(base, per_user, cap)| Allowance { base, per_user, cap });
    let nodes = prop_oneof![Just(1), 1_u32..=10_000];
    let shared = (nodes, 0_u32..=3, proptest::option::of(cap), proptest::option::of(points()), any_windows());
    (burst, profile, 1_u32..200, times, 1_u32..=100, shared).prop_map(
        |(burst, invocations, quota_points, (jitter, backoff, elapsed), max_attempts, shared)| Config {
            nodes: shared.0,
            retry_budget: shared.1,
            tenant_cap: shared.2,
            user_cap: shared.3,
            windows: shared.4,
            burst: burst.map(|(per_second, capacity)| BurstRate { per_second, capacity }),
            invocations,
            quota_points,
            pool: PoolKind::PerTenant,
            jitter: Millis(jitter),
            backoff: Millis(backoff),
            max_elapsed: Millis(elapsed),
            max_attempts,
            max_calls: 20,
        },
    )
}

#[derive(Clone, Debug)]
enum Act {
    Check(Operation, CallOptions),
    Begin(Operation, CallOptions),
    Next,
    Respond(Answer),
    Fail,
    End,
}

fn any_act() -> impl Strategy<Value = Act> {
    let options = (
        proptest::option::of(prop_oneof![Just(0), Just(u64::MAX), 0..HOUR.0]),
        any::<Option<u32>>(),
        any::<Option<bool>>(),
        proptest::sample::select(&[Priority::Interactive, Priority::Background][..]),
        proptest::option::of("[a-c]?"),
        any::<bool>(),
    );
    let options = options.prop_map(|(deadline, max_attempts, idempotent, priority, user, retry_unsafe)| CallOptions {
        deadline: deadline.map(Millis),
        max_attempts,
        idempotent,
        priority,
        user,
        retry_unsafe,
        ..CallOptions::default()
    });
    prop_oneof![
        1 => (any_operation(), options.clone()).prop_map(|(operation, options)| Act::Check(operation, options)),
        3 => (any_operation(), options).prop_map(|(operation, options)| Act::Begin(operation, options)),
        4 => Just(Act::Next),
        3 => any_answer().prop_map(Act::Respond),
        1 => Just(Act::Fail),
        1 => Just(Act::End),
    ]
}

/// Does everything, and writes down what was said.
fn play(config: &Config, acts: &[(Act, prop::sample::Index, Instant)], seed: u64) -> Vec<String> {
    let mut limiter = Limiter::new(config.clone(), seed).unwrap();
    let mut calls = Vec::new();
    let mut said = Vec::new();
    for (act, which, now) in acts {
        let call = (!calls.is_empty()).then(|| *which.get(&calls));
        match (act, call) {
            (Act::Check(operation, options), _) => {
                said.push(format!("{:?}", limiter.quota_check(operation, options, *now)))
            }
            (Act::Begin(operation, options), _) => match limiter.begin(operation, options, *now) {
                Ok(call) => calls.push(call),
                Err(never) => said.push(format!("{never:?}")),
            },
            (Act::Next, Some(call)) => said.push(format!("{:?}", limiter.next(call, *now))),
            (Act::Respond(answer), Some(call)) => limiter.on_response(call, answer, *now),
            (Act::Fail, Some(call)) => limiter.on_failure(call, *now),
            (Act::End, Some(call)) => limiter.end(call),
            (_, None) => {}
        }
        assert!(limiter.open_calls() <= config.max_calls as usize);
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Any act, at any instant, in any order, with any header: no panic, no overflow, and twice the same.
    #[test]
    fn nothing_panics_and_all_is_determined(
        config in any_config(),
        acts in proptest::collection::vec((any_act(), any::<prop::sample::Index>(), any_instant()), 1..60),
        seed: u64,
    ) {
        prop_assert_eq!(play(&config, &acts, seed), play(&config, &acts, seed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// What is refused now is refused at every earlier instant too, and the wait is the same.
    #[test]
    fn time_going_backwards_grants_nothing(
        taken in 1_usize..30,
        back in prop_oneof![Just(u64::MAX), 0_u64..2 * HOUR.0],
    ) {
        let config = Config { quota_points: 40, burst: Some(BurstRate { per_second: 1, capacity: 3 }), ..Config::default() };
        let mut limiter = Limiter::new(config, 1).unwrap();
        let before = Instant(NOON.0.saturating_sub(back));
        for _ in 0..taken {
            limiter.begin(&page("t"), &CallOptions::default(), NOON).unwrap();
        }
        prop_assert_eq!(limiter.quota_check(&page("t"), &CallOptions::default(), before), limiter.quota_check(&page("t"), &CallOptions::default(), NOON));
        let call = limiter.begin(&page("t"), &CallOptions::default(), before).unwrap();
        let step = limiter.next(call, before);
        prop_assert_eq!(step == Step::Send(1), taken < 3);
        prop_assert!(step == Step::Send(1) || limiter.next(call, NOON) == step);
    }

    /// Attempts and elapsed time are bounded, whatever the server says.
    #[test]
    fn attempts_and_elapsed_time_are_bounded(
        gaps in proptest::collection::vec(0_u64..200, 1..60),
        max_attempts in 0_u32..6,
        deadline in prop_oneof![0_u64..2_000, 0_u64..100_000],
        answers in proptest::collection::vec(any_answer(), 1..10),
        seed: u64,
    ) {
        let mut at = NOON;
        let options = CallOptions { deadline: Some(Millis(deadline)), max_attempts: Some(max_attempts), ..CallOptions::default() };
        let jobs = gaps.iter().enumerate().map(|(n, gap)| {
            at += Millis(*gap);
            let cancel_after = (n % 5 == 0).then_some(Millis(gap * 9));
            Job { options: options.clone(), cancel_after, ..Job::new(at, page("t")) }
        });
        let config = Config { max_calls: 8, burst: Some(BurstRate { per_second: 5, capacity: 2 }), ..Config::default() };
        let network = Network { loss_percent: 10, ..Network::up_to(300) };
        let mut world = World::new(config, Any(answers, SplitMix64::new(seed)), network, jobs.collect(), seed);
        world.run();
        prop_assert!(world.most_open <= 8);
        prop_assert_eq!(world.limiter.open_calls(), 0);
        for (job, track) in world.jobs.iter().zip(&world.tracks) {
            prop_assert!(track.sends.len() <= max_attempts.max(1) as usize);
            prop_assert!(track.sends.iter().all(|send| *send <= job.at + Millis(deadline)));
            let is_over = track.outcome.is_some() || track.was_cancelled;
            prop_assert_eq!(is_over, track.never_begun.is_none());
            prop_assert!(track.never_begun.as_ref().is_none_or(|never| *never == Never::TooManyCalls(8)));
        }
    }
}

/// Any of these answers.
struct Any(Vec<Answer>, SplitMix64);

impl Server for Any {
    fn answer(&mut self, _operation: &Operation, _now: Instant) -> Answer {
        self.0[usize::try_from(self.1.up_to(self.0.len() as u64 - 1)).unwrap()].clone()
    }
}

/// Asked for the first time after its deadline, a call is not sent: the caller is gone.
#[test]
fn a_call_asked_for_too_late_is_deferred() {
    let mut limiter = Limiter::with_defaults(1);
    let options = CallOptions { deadline: Some(Millis(10)), ..CallOptions::default() };
    let call = limiter.begin(&page("t"), &options, NOON).unwrap();
    let Step::Done(outcome) = limiter.next(call, NOON + Millis(11)) else { panic!("sent after its deadline") };
    assert!(matches!(outcome.ending, Ending::Deferred(wait) if wait.until > NOON + Millis(10)));
}

/// Ten times as many scopes over ten times the time take the same memory; the debug form shows all of it.
#[test]
fn memory_of_scopes_is_swept() {
    let size_after = |scopes: u64| {
        let mut limiter = Limiter::new(Config { pool: PoolKind::PerTenant, ..Config::default() }, 1).unwrap();
        for n in 0..scopes {
            let now = NOON + Millis(n * 20_000);
            let operation = [page(&format!("t{n}")), invocation(&format!("i{n}"), Some("a"), "e", Trigger::Ui)];
            let call = limiter.begin(&operation[usize::from(n % 2 == 0)], &CallOptions::default(), now).unwrap();
            assert_eq!(limiter.next(call, now), Step::Send(1));
            let refused = response(429, vec![Header::new("Retry-After", "1")]);
            let answer = if n.is_multiple_of(3) { refused } else { Silent.answer(&operation[0], now) };
            limiter.on_response(call, &answer, now);
            limiter.end(call);
        }
        format!("{limiter:?}").len()
    };
    assert!(size_after(40_000) < 3 * size_after(4_000), "ten times as many, were they kept");
}

#[test]
fn a_full_limiter_says_so_and_recovers() {
    let mut limiter = Limiter::new(Config { max_calls: 1, ..Config::default() }, 1).unwrap();
    let call = limiter.begin(&page("t"), &CallOptions::default(), NOON).unwrap();
    let full = Never::TooManyCalls(1);
    assert_eq!(limiter.quota_check(&page("t"), &CallOptions::default(), NOON).decision, Decision::Never(full.clone()));
    assert_eq!(limiter.begin(&page("t"), &CallOptions::default(), NOON), Err(full));
    limiter.end(call);
    assert_eq!(limiter.quota_check(&page("t"), &CallOptions::default(), NOON).decision, Decision::Proceed);
}
