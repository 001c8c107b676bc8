//! The app's own windows hold from the first call on, whatever they count, and cost nobody more than they have to.

use crate::world::{Job, NOON, Network, Server, Silent, World, invocation, request};
use headroom_core::Config;
use headroom_core::config::{BurstRate, RateWindow};
use headroom_core::verdict::{CallOptions, Decision, LimiterKind, Priority};
use headroom_model::operation::{Answer, Context, Operation, Trigger};
use headroom_model::profile::{CountedPer, ISSUE_WRITES, WindowRule};
use headroom_model::time::{Instant, Millis};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The slow counter: it keeps every timestamp of everyone.
#[derive(Default)]
struct Counter(Vec<(Operation, Instant)>);

impl Server for Counter {
    fn answer(&mut self, operation: &Operation, now: Instant) -> Answer {
        Silent.answer(operation, now)
    }

    fn on_sent(&mut self, operation: &Operation, now: Instant) {
        self.0.push((operation.clone(), now));
    }
}

/// Who counts it together with what; none: nobody.
fn counted(operation: &Operation, per: CountedPer) -> Option<String> {
    match (operation, per) {
        (Operation::Rest(_), CountedPer::App) => Some(String::new()),
        (Operation::Rest(request), CountedPer::Issue) => {
            let (path, _) = request.path.split_once("?for=")?;
            path.contains("/issue/").then(|| format!("{}{path}", request.tenant))
        }
        // The tests write the user of a request into its path.
        (Operation::Rest(request), CountedPer::Account) => {
            let (_, user) = request.path.split_once("?for=")?;
            (!user.is_empty()).then(|| format!("{}/{user}", request.tenant))
        }
        (Operation::Invoke(invocation), per) => {
            let Context { installation, account, environment, .. } = &invocation.context;
            match per {
                CountedPer::Environment => Some(environment.clone()),
                CountedPer::Installation => Some(installation.clone()),
                CountedPer::User => Some(format!("{installation}/{}", account.as_ref()?)),
                _ => None,
            }
        }
        _ => None,
    }
}

impl Counter {
    /// The first span that holds more than a window admits.
    fn violation(&self, RateWindow { per, limit, span }: RateWindow) -> Option<String> {
        let mut scopes = BTreeMap::<_, Vec<Instant>>::new();
        for (operation, at) in &self.0 {
            scopes.entry(counted(operation, per)).or_default().push(*at);
        }
        scopes.iter().filter(|(scope, _)| scope.is_some()).find_map(|(scope, sends)| {
            let behind = sends.iter().skip(limit as usize);
            let (first, _) = sends.iter().zip(behind).find(|(first, next)| next.since(**first) < span)?;
            Some(format!("more than {limit} in {span:?} of {per:?} {scope:?} from {first} on"))
        })
    }
}

fn any_windows() -> impl Strategy<Value = Vec<RateWindow>> {
    use CountedPer::{Account, App, Environment, Installation, User};
    let per = proptest::sample::select(vec![App, Account, Environment, Installation, User]);
    let window = (per, 1_u32..9, 1_000_u64..20_000);
    let window = window.prop_map(|(per, limit, span)| RateWindow { per, limit, span: Millis(span) });
    proptest::collection::vec(window, 1..5)
}

fn any_operation() -> impl Strategy<Value = (Operation, Option<&'static str>)> {
    let user = || proptest::option::of(proptest::sample::select(vec!["a", "b"]));
    let whose = || proptest::sample::select(vec!["t", "u"]);
    let asked =
        [("GET", "/wiki/rest/api/content/1"), ("PUT", "/rest/api/3/issue/A-1"), ("PUT", "/rest/api/3/issue/A-2")];
    let asked = (whose(), user(), proptest::sample::select(asked.to_vec()));
    let asked = asked.prop_map(|(tenant, user, (method, path))| {
        (request(tenant, method, &format!("{path}?for={}", user.unwrap_or_default())), user)
    });
    let invoked = (whose(), user(), proptest::sample::select(vec!["production", "staging"]));
    let invoked =
        invoked.prop_map(|(installation, user, within)| (invocation(installation, user, within, Trigger::Ui), None));
    prop_oneof![asked, invoked]
}

fn any_jobs() -> impl Strategy<Value = Vec<Job>> {
    let gap = prop_oneof![6 => 0_u64..200, 1 => 0_u64..9_000];
    let cancel = prop_oneof![8 => Just(None), 1 => (0_u64..9_000).prop_map(Some)];
    proptest::collection::vec((gap, any_operation(), cancel, any::<bool>()), 1..120).prop_map(|jobs| {
        let mut now = NOON;
        let job = |(gap, (operation, user), cancel, is_background): (u64, (_, Option<&str>), Option<u64>, _)| {
            now += Millis(gap);
            let priority = if is_background { Priority::Background } else { Priority::Interactive };
            let options = CallOptions { user: user.map(Into::into), priority, ..CallOptions::default() };
            Job { options, cancel_after: cancel.map(Millis), ..Job::new(now, operation) }
        };
        jobs.into_iter().map(job).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_span_ever_holds_more_than_a_window_admits(
        windows in any_windows(),
        jobs in any_jobs(),
        nodes in 1_u32..4,
        per_second in prop_oneof![Just(None), Just(Some(1_u32)), Just(Some(50))],
        seed: u64,
    ) {
        let burst = per_second.map(|per_second| BurstRate { per_second, capacity: per_second });
        let config = Config { windows: windows.clone(), nodes, burst, ..Config::default() };
        let mut world = World::new(config, Counter::default(), Network::up_to(100), jobs, seed);
        world.run();
        for WindowRule { per, limit, span, .. } in ISSUE_WRITES.iter().filter(|_| burst.is_some()) {
            prop_assert_eq!(world.server.violation(RateWindow { per: *per, limit: *limit, span: *span }), None);
        }
        for window in windows {
            let spans = nodes.div_ceil(window.limit);
            let part = RateWindow { limit: (window.limit / nodes).max(1), span: window.span.times(spans.into()), ..window };
            prop_assert_eq!(world.server.violation(part), None);
        }
        for track in &world.tracks {
            prop_assert!(track.was_cancelled || track.outcome.is_some(), "a call never ended: {track:?}");
        }
    }

    /// So many at once, and again so many as soon as the span is over: nothing of what a window admits is left unused.
    #[test]
    fn all_that_one_window_admits_is_sent(limit in 1_u32..9, span in 1_000_u64..20_000, calls in 1_usize..60) {
        let window = RateWindow { per: CountedPer::App, limit, span: Millis(span) };
        let config = Config { windows: vec![window], burst: None, ..Config::default() };
        let jobs = (0..calls).map(|_| Job::new(NOON, request("t", "GET", "/wiki/rest/api/content/1"))).collect();
        let mut world = World::new(config, Counter::default(), Network::up_to(0), jobs, 1);
        world.run();
        for (n, (_, at)) in world.server.0.iter().enumerate() {
            prop_assert_eq!(*at, NOON + Millis(span).times(n as u64 / u64::from(limit)));
        }
        let last = world.server.0.last().map_or(NOON, |(_, at)| *at);
        let verdict = world.limiter.quota_check(&request("u", "GET", "/x"), &CallOptions::default(), last);
        let is_full = (calls as u32).is_multiple_of(limit);
        let binds = matches!(&verdict.decision, Decision::WaitUntil(wait) if wait.limit.kind == LimiterKind::Cap);
        prop_assert_eq!(binds, is_full);
    }

    /// What all nodes send together keeps to the window, though none knows of another. Where they are more than it admits,
    /// it is kept to over as many spans as all of them need.
    #[test]
    fn nodes_share_a_window(limit in 1_u32..20, nodes in 1_u32..30, calls in 1_usize..9, seed: u64) {
        let window = RateWindow { per: CountedPer::App, limit, span: Millis(1_000) };
        let config = Config { windows: vec![window], nodes, burst: None, ..Config::default() };
        let mut all = Counter::default();
        for node in 0..nodes {
            let jobs = (0..calls).map(|_| Job::new(NOON, request("t", "GET", "/wiki/rest/api/content/1"))).collect();
            let seed = seed.wrapping_add(node.into());
            let mut world = World::new(config.clone(), Counter::default(), Network::up_to(0), jobs, seed);
            world.run();
            all.0.append(&mut world.server.0);
        }
        all.0.sort_by_key(|(_, at)| *at);
        prop_assert_eq!(all.0.len(), nodes as usize * calls);
        let spans = nodes.div_ceil(limit);
        let shared = RateWindow { limit: limit.max(nodes), span: window.span.times(spans.into()), ..window };
        prop_assert_eq!(all.violation(shared), None);
    }
}
