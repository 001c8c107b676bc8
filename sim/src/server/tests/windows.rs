//! Windows as people look at them are those that refuse.

use super::*;
use proptest::prelude::*;

const SPECS: [&str; 4] = [
    "burst = { per_second = 2, capacity = 4, guarded = { per_second = 1, capacity = 2 } }",
    "product = 'jira'\nburst = { capacity = 3, endpoints = 'jira' }\nper_issue_writes = true",
    "product = 'bitbucket'\nrequests = { per_hour = 5 }",
    "product = 'data-center'\nrequests = { capacity = 4, fill = 2 }",
];
const PATHS: [&str; 4] =
    ["/wiki/api/v2/pages/7", "/wiki/rest/api/search?cql=x", "/rest/api/3/issue/KEY-1", "/2.0/repositories/a"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The slow way to know whether a call is admitted is to send it.
    #[test]
    fn a_call_is_refused_by_the_window_that_is_told_to_be_empty_until_the_instant_that_is_told(
        spec in 0..SPECS.len(), steps in prop::collection::vec((0..PATHS.len(), 0_usize..2, 0_u64..1_500), 1..60),
    ) {
        let mut server = server(SPECS[spec]);
        let mut at = 0;
        for (path, tenant, wait) in steps {
            at += wait;
            let method = if path == 2 { "PUT" } else { "GET" };
            let tenant = ["acme", "other"][tenant];
            let call = Operation::Rest(Request { method: method.into(), ..Request::get(tenant, PATHS[path]) });
            let decision = ask(&mut server, &call, after(at));
            let windows = server.windows(after(at), 1_000);
            let share = |window: &WindowState| u64::from(window.left) * 1_000_000 / u64::from(window.most);
            prop_assert!(windows.is_sorted_by_key(share));
            prop_assert_eq!(&server.windows(after(at), 2)[..], &windows[..windows.len().min(2)]);
            if let Verdict::Refused(told) = &decision.verdict {
                let closed = windows.iter().filter(|window| window.limit == told.limit && window.left == 0);
                let ends: Vec<_> = closed.filter_map(|window| window.opens).collect();
                prop_assert!(ends.contains(&told.until), "{:?} is none of {:?}", told, windows);
            } else {
                prop_assert!(windows.iter().any(|window| window.left < window.most), "it took of one: {:?}", windows);
            }
        }
        prop_assert!(server.windows(after(at + 7_200_000), 9).is_empty(), "what is full again is not told");
    }
}

#[test]
fn a_window_says_what_it_counts_together() {
    let of = |spec: &str, operation: &Operation| {
        let mut server = server(spec);
        let sender = Sender { account: Some("ann"), is_new_connection: true, ..Arrival::of_app(operation).sender };
        server.answer(&Arrival { sender, ..Arrival::of_app(operation) }, NOW);
        server.windows(NOW, 9).into_iter().map(|window| window.of).collect::<Vec<_>>()
    };
    let search = rest("GET", "/wiki/rest/api/search?cql=x");
    let guarded = "burst = { per_second = 9, guarded = { per_second = 1, capacity = 2 } }";
    assert_eq!(of(guarded, &search), ["acme/search", "acme"]);
    let edit = rest("PUT", "/rest/api/3/issue/KEY-1");
    assert_eq!(of("burst = { endpoints = 'jira' }", &edit), ["acme/PUT/rest/api/{version}/issue/{issueIdOrKey}"]);
    assert_eq!(of("burst = { endpoints = 'jira' }", &rest("DELETE", "/x/1")), ["acme/DELETE/x/{}"]);
    assert_eq!(of("per_issue_writes = true", &edit), ["acme/KEY-1", "acme/KEY-1"]);
    assert_eq!(of("requests = {}", &rest("GET", "/2.0/user")), ["ann"]);
    assert_eq!(of("tunnel = {}", &page()), ["all"]);
    let called = invocation(Trigger::Ui, "i", "bob");
    assert_eq!(of("invocations = { profile = 'forge-current' }", &called), ["i/bob", "i", "production"]);
}

#[test]
fn who_is_spoken_to_otherwise_has_used_what_it_used() {
    let mut server = server("quota = { points = 5, always_headers = true }");
    assert_eq!(ask(&mut server, &page(), NOW).left, Some(3));
    server.speak_as(
        &toml::from_str("headers = 'structured-2026'\nquota = { points = 5, always_headers = true }").unwrap(),
    );
    let decision = ask(&mut server, &page(), NOW);
    assert_eq!((decision.left, header(&decision, "X-RateLimit-Remaining")), (Some(1), None));
    assert!(header(&decision, "RateLimit").is_some_and(|said| said.contains("r=1")));
}
