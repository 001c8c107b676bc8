//! What a limiter may live through, one call after the other, without any chance in it.

use crate::verdicts::any_config;
use crate::world::{get, invocation, page, request, response};
use headroom_core::config::RateWindow;
use headroom_core::verdict::{CallOptions, Priority, Step};
use headroom_core::{Config, Limiter};
use headroom_model::allowance::Allowance;
use headroom_model::operation::{Answer, Header, Operation, Response, Trigger};
use headroom_model::profile::CountedPer;
use headroom_model::time::{Instant, Millis};
use proptest::prelude::*;

/// A gap that ends where the next hour begins.
pub const TO_THE_HOUR: Millis = Millis(u64::MAX);

/// One call and what comes of it.
#[derive(Clone, Debug)]
pub struct Deed {
    gap: Millis,
    operation: Operation,
    options: CallOptions,
    answer: Option<Answer>,
    /// Neither answered nor ended.
    is_left_open: bool,
    /// How many users its tenant has, if that is told.
    pub users: Option<u32>,
}

/// Requests of every kind of scope, and invocations.
pub fn operations() -> Vec<Operation> {
    vec![
        page("t"),
        page("u"),
        get("u", "/wiki/api/v2/pages?limit=9"),
        get("t", "/wiki/api/v2/pages?limit=9"),
        request("t", "PUT", "/rest/api/3/issue/A-1"),
        request("t", "POST", "/rest/api/3/issue/A-1/comment"),
        request("t", "GET", "/of/no/template"),
        invocation("i", Some("a"), "e", Trigger::Ui),
        invocation("i", None, "e", Trigger::Workflow),
        invocation("j", Some("a"), "e", Trigger::WebTrigger),
    ]
}

/// Figures from plenty to none, of this pool, a larger one and the coming one, and delays that are named, so that no
/// chance is in it. Now and then the same figures fall fast, so that costs are learned.
fn any_answer() -> impl Strategy<Value = Option<Answer>> {
    let header = |name: &str, value: &dyn ToString| Header::new(name, value.to_string());
    let near = move |is_near: bool| vec![header("X-RateLimit-NearLimit", &is_near)];
    let left = move |left: u32| vec![header("X-RateLimit-Remaining", &left)];
    let reset = move |now: u32| header("X-RateLimit-Reset", &now);
    let falls = move |(n, secs): (u32, u32)| [vec![reset(secs)], left(5_000 - n)].concat();
    let of =
        move |(limit, remaining): (u32, u32)| [left(remaining), vec![header("X-RateLimit-Limit", &limit)]].concat();
    let beta = move |(limit, left): (u32, u32)| {
        vec![header("X-Beta-RateLimit-Limit", &limit), header("X-Beta-RateLimit-Remaining", &left)]
    };
    let refused =
        move |(secs, reason): (u32, &str)| vec![header("Retry-After", &secs), header("RateLimit-Reason", &reason)];
    let reasons = [
        "jira-burst-based",
        "jira-quota-tenant-based",
        "jira-per-issue-on-write",
        "jira-max-concurrent-threads-across-all-instances-per-tenant-per-user",
        "what?",
        "?",
    ];
    let body = |objects: usize| format!(r#"{{"results":[{}]}}"#, vec!["{}"; objects].join(",")).into_bytes();
    let listed = move |(headers, objects): (Vec<Header>, usize)| {
        Some(Answer::Response(Response { status: 200, headers, body: body(objects) }))
    };
    prop_oneof![
        6 => prop::bool::weighted(0.2).prop_map(move |is_near| Some(response(200, near(is_near)))),
        2 => (0_u32..60).prop_map(move |n| Some(response(200, left(n)))),
        9 => ((Just(0_u32), 300_u32..330).prop_map(falls), 0_usize..40).prop_map(listed),
        1 => (10_000_u32..20_000, 0_u32..90).prop_map(move |said| Some(response(200, of(said)))),
        2 => (0_u32..90, 0_u32..90).prop_map(move |said| Some(response(200, beta(said)))),
        3 => (1_u32..90, proptest::sample::select(reasons.to_vec())).prop_map(move |said| Some(response(429, refused(said)))),
        1 => (1_u32..90).prop_map(move |secs| Some(response(503, vec![header("Retry-After", &secs)]))),
        1 => Just(None),
    ]
}

pub fn any_deeds(most: usize, open: u32) -> impl Strategy<Value = Vec<Deed>> {
    let gap = prop_oneof![8 => 0_u64..30, 2 => 0_u64..20_000, 1 => 0_u64..4_000_000, 1 => Just(TO_THE_HOUR.0)];
    let gap = gap.prop_map(Millis);
    let is_left_open = prop_oneof![100 - open => Just(false), open => Just(true)];
    let operation = proptest::sample::select(operations());
    let user = proptest::option::of("[ab]");
    let told = (user, any::<bool>(), proptest::option::weighted(0.1, 0_u32..9));
    let deed = (gap, operation, any_answer(), is_left_open, told);
    let deed = deed.prop_map(|(gap, operation, answer, is_left_open, (user, is_background, users))| {
        let priority = if is_background { Priority::Background } else { Priority::Interactive };
        let max_attempts = Some(if answer.is_none() { 2 } else { 1 });
        let idempotent = Some(true);
        let options = CallOptions { idempotent, max_attempts, priority, user, ..CallOptions::default() };
        Deed { gap, operation, options, answer, is_left_open, users }
    });
    proptest::collection::vec(deed, 0..most).prop_map(move |deeds| falling(deeds, 200 * most))
}

/// None, mostly.
fn any_windows() -> impl Strategy<Value = Vec<RateWindow>> {
    let per = prop_oneof![Just(CountedPer::App), Just(CountedPer::Account), Just(CountedPer::Installation)];
    let window = (per, 1_u32..20, 1_000_u64..4_000_000);
    let window = window.prop_map(|(per, limit, span)| RateWindow { per, limit, span: Millis(span) });
    prop_oneof![3 => Just(vec![]), 1 => proptest::collection::vec(window, 1..3)]
}

/// Small pools, caps, windows, and other nodes.
pub fn any_small_config() -> impl Strategy<Value = Config> {
    let tenant_cap = proptest::option::weighted(0.3, (1_u32..40, 0_u32..9, 1_u32..99));
    let user_cap = proptest::option::weighted(0.3, 1_u32..40);
    let rest = (5_u32..200, prop_oneof![3 => Just(1), 1 => 2_u32..4], 0_u32..4, tenant_cap, user_cap, any_windows());
    (any_config(), rest).prop_map(|(config, (quota_points, nodes, retry_budget, tenant_cap, user_cap, windows))| {
        let tenant_cap = tenant_cap.map(|(base, per_user, most)| Allowance { base, per_user, cap: Some(most) });
        Config { quota_points, nodes, retry_budget, tenant_cap, user_cap, windows, ..config }
    })
}

/// Without jitter, too.
pub fn any_frank_config() -> impl Strategy<Value = Config> {
    any_small_config().prop_map(|config| Config { jitter: Millis(0), ..config })
}

pub fn tell(limiter: &mut Limiter, deed: &Deed) {
    if let (Some(users), Operation::Rest(request)) = (deed.users, &deed.operation) {
        limiter.set_users(&request.tenant, users);
    }
}

/// Lives through all of it and says what the limiter said.
pub fn live(limiter: &mut Limiter, deeds: &[Deed], now: &mut Instant) -> Vec<String> {
    let mut trace = Vec::new();
    for deed in deeds {
        let Deed { gap, operation, options, answer, is_left_open, .. } = deed;
        *now = if *gap == TO_THE_HOUR { now.next_hour() } else { *now + *gap };
        tell(limiter, deed);
        trace.push(format!("{:?}", limiter.quota_check(operation, options, *now)));
        let call = limiter.begin(operation, options, *now).unwrap();
        let step = limiter.next(call, *now);
        trace.push(format!("{step:?}"));
        if *is_left_open {
            continue;
        }
        match answer {
            Some(answer) => limiter.on_response(call, answer, *now),
            None => limiter.on_failure(call, *now),
        }
        let step = limiter.next(call, *now);
        // Without an answer it comes again by chance, if at all.
        let is_over = matches!(step, Step::Done(_));
        trace.push(if answer.is_none() { is_over.to_string() } else { format!("{step:?}") });
        limiter.end(call);
    }
    trace
}

/// Where an answer tells when the counter begins anew, that falls by something dear from one call to the next. Fewer
/// deeds begin lower.
fn falling(mut deeds: Vec<Deed>, mut left: usize) -> Vec<Deed> {
    for deed in &mut deeds {
        if let Some(Answer::Response(Response { headers, .. })) = &mut deed.answer
            && let [Header { name, .. }, remaining] = &mut headers[..]
            && name == "X-RateLimit-Reset"
        {
            left -= 11;
            *remaining = Header::new("X-RateLimit-Remaining", left.to_string());
        }
    }
    deeds
}
