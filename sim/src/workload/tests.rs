//! Jobs and their operations.

use super::*;
use headroom_model::points::{Cost, price};
use proptest::prelude::*;

const MIXED: &str = r#"
name = "mixed"
about = "Every kind of work."
start = "2026-02-02T12:20:00Z"
span = "1 h"
[server]
quota = { points = 65_000 }
invocations = {}
[[work]]
name = "list"
request = "GET /rest/api/3/project/{n}?user={user}"
tenant = "site"
tenants = 20
zipf = 1.0
users = 7
objects = { least = 2, most = 9 }
arrive = { poisson = { calls = 100, per = "1 min" } }
[[work]]
name = "read"
request = "PUT /rest/api/3/issue/{n}"
tenant = "one"
body = '{"id":{n}}'
after = "list"
times = 3
account = "bot"
[[work]]
name = "ask"
graphql = "{ issue(id: {n}) { id } }"
tenant = "one"
after = "read"
[[work]]
name = "poll"
request = "GET /2.0/repositories/{n}"
tenant = "one"
count = 30
auth = "anonymous"
users = 3
arrive = { every = "10 min" }
[[work]]
name = "push"
invoke = "f"
tenant = "one"
trigger = "web-trigger"
users = 5
count = 10
arrive = "at_once"
"#;

fn mixed() -> Workload {
    Workload::new(&Scenario::parse("mixed", MIXED).unwrap_or_else(|error| panic!("{error}")), 1)
}

fn both() -> [Workload; 2] {
    ["page-sync", "rush"].map(|name| Workload::new(&Scenario::builtin(name).unwrap(), 1))
}

#[test]
fn a_page_costs_two_points() {
    let Operation::Rest(request) = both()[0].operation(JobId(23_456)) else { panic!("a page is read by REST") };
    assert_eq!(request.path, "/wiki/rest/api/content/123456");
    assert_eq!(price(&request.method, &request.path), Cost::exactly(2));
}

#[test]
fn every_work_has_its_jobs_and_a_chain_as_many_as_its_first_times_all_factors() {
    let all = mixed();
    let counts: Vec<u32> = all.lines().iter().map(|line| line.count).collect();
    let [list, read, ask, poll, push] = counts[..] else { panic!("{counts:?}") };
    assert!((5_600..6_400).contains(&list), "100 a minute for an hour: {list}");
    assert_eq!((read, ask, poll, push), (3 * list, 3 * list, 6 * 30, 10));
    assert_eq!(all.jobs(), counts.iter().sum::<u32>());
    assert_eq!(all.with_followers(0), 1 + 3 + 3);
    let works: Vec<usize> = (0..all.jobs()).map(|job| all.line_index(JobId(job))).collect();
    assert!(
        works.is_sorted() && (0..5).all(|work| works.iter().filter(|w| **w == work).count() == counts[work] as usize)
    );
}

#[test]
fn what_a_work_says_is_in_its_operations() {
    let all = mixed();
    let first = |work: usize| JobId(all.lines()[work].first);
    let Operation::Rest(write) = all.operation(first(1)) else { panic!("a write is REST") };
    assert_eq!((write.method.as_str(), write.body.as_deref()), ("PUT", Some(br#"{"id":100000}"#.as_slice())));
    assert_eq!(all.options(first(1)).user.as_deref(), Some("bot"));
    let Operation::Rest(ask) = all.operation(first(2)) else { panic!("GraphQL is REST") };
    assert!(ask.is_graphql() && ask.body.as_deref() == Some(br#"{"query":"{ issue(id: 100000) { id } }"}"#.as_slice()));
    let Operation::Rest(again) = all.operation(JobId(first(3).0 + 30)) else { panic!("a poll is REST") };
    assert_eq!((again.path.as_str(), all.options(first(3)).user), ("/2.0/repositories/100000", None), "the same item");
    let Operation::Invoke(push) = all.operation(JobId(first(4).0 + 6)) else { panic!("a push invokes") };
    assert_eq!((push.context.account.as_deref(), push.context.trigger), (Some("user-2"), Trigger::WebTrigger));
}

#[test]
fn objects_and_tenants_are_drawn_within_their_bounds_and_always_the_same() {
    let (all, again) = (mixed(), mixed());
    let draws: Vec<Draw> = (0..all.lines()[0].count).map(|job| all.draw(JobId(job))).collect();
    assert!((2..=9).all(|objects| draws.iter().any(|draw| draw.objects == objects)));
    assert!(draws.iter().all(|draw| (2..=9).contains(&draw.objects)));
    assert!(draws.iter().zip(0..).all(|(draw, job)| *draw == again.draw(JobId(job))));
    let of = |name: &str| draws.iter().filter(|draw| all.tenant(draw.tenant) == name).count();
    // Zipf over 20: the first has 1 of 3.598 parts, the second half of that.
    let (first, second) = (of("site-1") as f64 / draws.len() as f64, of("site-2") as f64 / draws.len() as f64);
    assert!((first - 0.278).abs() < 0.02 && (second - 0.139).abs() < 0.02, "{first} {second}");
}

#[test]
fn what_is_no_operation_of_the_scenario_has_no_job() {
    let [pages, rush] = both();
    assert_eq!(pages.job_of(&rush.operation(JobId(1))), None);
    let Operation::Rest(page) = pages.operation(JobId(1)) else { panic!("a page is read by REST") };
    let asks = |change: fn(&mut Request)| {
        let mut other = page.clone();
        change(&mut other);
        pages.job_of(&Operation::Rest(other))
    };
    assert_eq!(asks(|other| other.headers.push(Header::new("Accept", "*/*"))), Some(JobId(1)));
    assert_eq!(asks(|other| other.path.push('0')), None);
    assert_eq!(asks(|other| other.tenant.push('0')), None);
    assert_eq!(asks(|other| other.method = "POST".into()), None);
    assert_eq!(asks(|other| other.headers.clear()), None);
    assert_eq!(asks(|other| other.headers[0].value = "40000".into()), None);
    let Operation::Invoke(mut stolen) = rush.operation(JobId(1)) else { panic!("a rush invokes") };
    stolen.context.account = Some("user-9".into());
    assert_eq!(rush.job_of(&Operation::Invoke(stolen)), None);
}

proptest! {
    #[test]
    fn the_job_of_an_operation_is_the_job_it_was_made_for(job in 0_u32..7_000) {
        let [pages, rush] = both();
        for all in [pages, rush, mixed()] {
            prop_assert_eq!(all.job_of(&all.operation(JobId(job))), Some(JobId(job)));
        }
    }
}
