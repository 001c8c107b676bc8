//! What answers say, in both dialects.

use super::*;
use headroom_model::graphql;
use headroom_model::headers::Dialect;
use headroom_model::points::price_after;
use headroom_model::refusal::{Clocks, Wait, WaitSource};
use headroom_model::when::When;

#[test]
fn every_answer_tells_the_date_and_the_seed_tells_the_pool() {
    let mut server = server("quota = { points = 10 }\nburst = { per_second = 3 }");
    let late = Instant(NOW.0 - 9_750);
    for _ in 0..4 {
        let decision = ask(&mut server, &page(), late);
        let signals = signals(&decision);
        assert_eq!(signals.date.map(|date| date.to_string()), Some("2026-02-02T13:00:00Z".to_owned()));
        let pool = signals.enforced;
        assert_eq!((pool.limit, pool.remaining), (Some(10), decision.left));
        assert_eq!(pool.near_limit, Some(decision.left < Some(2)));
        assert_eq!(pool.reset, Some(When::At(NOW.next_hour())));
        assert!(signals.ignored.is_empty() && pool.policies.is_empty());
    }
}

#[test]
fn a_refusal_of_the_quota_has_reason_and_whole_seconds_rounded_up() {
    let mut server = server("quota = { points = 2 }");
    ask(&mut server, &page(), after(250));
    let decision = ask(&mut server, &page(), after(3_590_250));
    assert_eq!(header(&decision, "Retry-After"), Some("10"), "9.75 s rounded up");
    assert_eq!(header(&decision, "RateLimit-Reason"), Some("confluence-quota-global-based"));
    let told = refused(&decision);
    assert_eq!((told.until, told.promised, &told.scope), (after(3_600_000), after(3_600_250), &Scope::App));
    assert_eq!(response(&decision).body, br#"{"message":"Rate limit exceeded."}"#);
}

#[test]
fn the_structured_dialect_hides_what_is_left_until_80_percent_are_used() {
    let mut server = server(
        "product = \"jira\"\nheaders = \"structured-2026\"\nquota = { points = 100, used_points = 78 }\nburst = {}",
    );
    let decision = ask(&mut server, &page(), after(500));
    assert_eq!(header(&decision, "RateLimit-Policy"), Some("\"global-app-quota\";q=100;w=3600"));
    assert_eq!(header(&decision, "RateLimit"), Some("\"global-app-quota\";t=3600"), "20 of 100 are left");
    assert_eq!(header(&decision, "X-RateLimit-Limit"), Some("100"), "of the burst");
    assert_eq!(header(&decision, "X-RateLimit-Remaining"), Some("99"), "of the burst");
    assert_eq!(header(&decision, "X-RateLimit-Reset"), None);
    let decision = ask(&mut server, &page(), after(500));
    assert_eq!(header(&decision, "RateLimit"), Some("\"global-app-quota\";r=18;t=3600"));
    let points = signals(&decision).points(Dialect::Auto);
    assert_eq!((points.limit, points.remaining), (Some(100), Some(18)), "the client reads points, not the burst");
}

#[test]
fn both_dialects_in_one_answer_agree() {
    let mut server = server("headers = \"both\"\nquota = { points = 100, used_points = 90, scope = \"tenant\" }");
    let decision = ask(&mut server, &page(), NOW);
    let said = signals(&decision).enforced;
    assert_eq!((said.limit, said.remaining), (Some(100), Some(8)));
    assert_eq!((said.policies[0].name.as_str(), said.allowances[0].remaining), ("tenant-app-quota", Some(8)));
}

#[test]
fn a_burst_of_jira_names_its_policy_and_costs_no_points() {
    let mut server = server(
        "product = \"jira\"\nheaders = \"structured-2026\"\nquota = {}\nburst = { per_second = 50, capacity = 1 }",
    );
    assert_eq!(ask(&mut server, &page(), NOW).left, Some(64_998));
    let decision = ask(&mut server, &page(), NOW);
    assert_eq!((refused(&decision).limit, decision.left), (Limit::Burst, Some(64_998)));
    let policies = header(&decision, "RateLimit-Policy");
    assert_eq!(policies, Some("\"global-app-quota\";q=65000;w=3600, \"jira-burst-based\";q=50;w=1"));
    assert_eq!(super::read(&decision), (Origin::Jira, Limiter::Burst));
    assert_eq!(ask(&mut server, &of_tenant("other"), NOW).left, Some(64_996), "the pool is one, the buckets are not");
}

/// Confluence's page lists no reason for a burst: the points that are left tell it from the quota, and where they are
/// hidden a client that does not know our name reads it with care. Never as the quota.
#[test]
fn a_burst_of_confluence_is_never_read_as_the_quota() {
    for (dialect, want) in [
        ("seed-2025-12", (Origin::Unknown, Limiter::Burst)),
        ("structured-2026", (Origin::Confluence, Limiter::Unknown)),
        ("both", (Origin::Confluence, Limiter::Unknown)),
    ] {
        let mut server = server(&format!("headers = \"{dialect}\"\nquota = {{}}\nburst = {{ capacity = 1 }}"));
        ask(&mut server, &page(), NOW);
        let decision = ask(&mut server, &page(), NOW);
        assert_eq!(super::read(&decision), want, "{dialect}: {:?}", decision.answer);
        let reason = (want.0 == Origin::Confluence).then_some("confluence-burst-based");
        assert_eq!(header(&decision, "RateLimit-Reason"), reason, "{dialect}");
    }
}

#[test]
fn where_both_refuse_the_quota_is_named_the_later_end_counts_and_nothing_is_taken() {
    let mut server = server("quota = { points = 3 }\nburst = { capacity = 1, per_second = 1 }");
    let late = after(3_599_500);
    ask(&mut server, &page(), late);
    let decision = ask(&mut server, &page(), late);
    let told = refused(&decision);
    assert_eq!((told.limit, told.until), (Limit::PointsQuota, after(3_600_500)), "the bucket is the later one");
    assert!(told.promised >= told.until);
    assert_eq!(points(&ask(&mut server, &page(), told.until)), Some(2));
}

#[test]
fn a_coming_rule_is_told_and_refuses_nothing() {
    for dialect in ["seed-2025-12", "structured-2026"] {
        let spec = format!("headers = \"{dialect}\"\n[quota]\npreview = {{ points = 3 }}");
        let mut server = server(&spec);
        let first = signals(&ask(&mut server, &page(), NOW));
        assert_eq!(first.beta_points().limit, Some(3), "{dialect}");
        let decision = ask(&mut server, &page(), NOW);
        assert_eq!((points(&decision), response(&decision).status), (Some(2), 200), "{dialect}");
        let beta = signals(&decision);
        assert_eq!(beta.beta_points().remaining, Some(0), "{dialect}: {:?}", decision.answer);
        assert!(beta.ignored.is_empty() && beta.enforced.retry_after.is_none());
        let reason = (dialect == "seed-2025-12").then_some("confluence-quota-global-based");
        assert_eq!((beta.beta.retry_after.is_some(), beta.beta.reason.as_deref()), (reason.is_some(), reason));
    }
}

#[test]
fn a_rejected_invocation_says_it_in_all_places_of_its_dialect() {
    let error = |dialect: &str| {
        let mut server = server(&format!("headers = \"{dialect}\"\ninvocations = {{}}"));
        (0..300)
            .for_each(|_| assert!(points(&ask(&mut server, &invocation(Trigger::Ui, "i", "u"), after(1))).is_some()));
        let decision = ask(&mut server, &invocation(Trigger::Ui, "i", "u"), after(1));
        let Answer::Rejected(json) = &decision.answer else { panic!("{decision:?}") };
        (serde_json::from_str::<serde_json::Value>(json).unwrap(), refused(&decision).promised)
    };
    let (seed, promised) = error("seed-2025-12");
    assert_eq!((&seed["rateLimitProperties"], promised), (&seed["limitHeaders"], after(1_001)));
    assert_eq!(seed["limitHeaders"]["rateLimitReset"], NOW.0 + 1_001);
    let (later, promised) = error("structured-2026");
    assert_eq!((later["statusCode"].as_u64(), promised), (Some(429), after(2_000)), "epoch seconds, rounded up");
    assert_eq!(later["error"]["metadata"]["rateLimitProperties"]["rateLimitReset"], NOW.0 / 1_000 + 2);
    assert!(later.get("limitHeaders").is_none());
}

#[test]
fn a_web_trigger_tells_its_reset_in_the_fields_of_its_dialect() {
    let refusal = |dialect: &str| {
        let mut server = server(&format!("headers = \"{dialect}\"\ninvocations = {{}}"));
        let call = invocation(Trigger::WebTrigger, "i", "u");
        (0..300).for_each(|_| assert!(points(&ask(&mut server, &call, after(1))).is_some()));
        ask(&mut server, &call, after(1))
    };
    let (ms, secs) = ((NOW.0 + 1_001).to_string(), (NOW.0 / 1_000 + 2).to_string());
    for (dialect, early, late, promised) in [
        ("seed-2025-12", Some(&ms), None, 1_001),
        ("structured-2026", None, Some(&secs), 2_000),
        ("both", Some(&ms), Some(&secs), 1_001),
    ] {
        let decision = refusal(dialect);
        let said = |name| header(&decision, name).map(str::to_owned);
        assert_eq!((response(&decision).status, refused(&decision).promised), (429, after(promised)), "{dialect}");
        assert_eq!((said("rateLimitReset").as_ref(), said("X-Ratelimit-Reset").as_ref()), (early, late), "{dialect}");
    }
}

#[test]
fn graphql_refuses_within_200_and_tells_its_cost_in_every_answer() {
    let query = |document: &str| {
        let body = serde_json::json!({ "query": document }).to_string().into_bytes();
        Operation::Rest(Request { method: "POST".into(), body: Some(body), ..Request::get("acme", "/graphql") })
    };
    let mut server = server("quota = { points = 20 }\nswitches = { max_cost = 15 }");
    let mut ask = |document: &str, objects| {
        let operation = query(document);
        server.answer(&Arrival { objects, ..Arrival::of_app(&operation) }, NOW)
    };
    let decision = ask("{ pages(first: 9) { id } }", 9);
    assert_eq!((points(&decision), decision.left), (Some(10), Some(10)));
    let body: serde_json::Value = serde_json::from_slice(&response(&decision).body).unwrap();
    assert_eq!(body["data"]["nodes"].as_array().unwrap().len(), 9);
    let cost = graphql::read(&response(&decision).body).unwrap().cost.unwrap();
    assert_eq!((cost.actual, cost.limit, cost.remaining), (Some(10), Some(20), Some(10)));
    assert_eq!(points(&ask("# a comment\nmutation { create { id } }", 9)), Some(1), "a mutation is flat");
    let decision = ask("{ pages(first: 14) { id } }", 14);
    assert_eq!((response(&decision).status, refused(&decision).until), (200, NOW.next_hour()));
    assert_eq!(super::read(&decision).0, Origin::AtlassianGraphql);
    let decision = ask("{ pages(first: 15) { id } }", 15);
    assert_eq!((refused(&decision).limit, refused(&decision).until), (Limit::MaxCost, counter::NEVER));
    assert_eq!(super::read(&decision), (Origin::AtlassianGraphql, Limiter::Cost));
}

#[test]
fn a_list_holds_as_many_objects_as_were_charged() {
    let mut server = server("quota = {}");
    let list = rest("GET", "/rest/api/3/group/member?groupId=g");
    let decision = server.answer(&Arrival { objects: 8, ..Arrival::of_app(&list) }, NOW);
    assert_eq!(points(&decision), Some(17));
    let Operation::Rest(request) = &list else { unreachable!() };
    let counted = price_after(&request.method, &request.path, &response(&decision).body);
    assert_eq!(counted.map(|cost| cost.likely), Ok(17));
}

#[test]
fn a_client_that_waits_as_told_never_comes_too_early() {
    for spec in [
        "quota = { points = 2 }",
        "burst = { capacity = 1, per_second = 3 }",
        "product = \"jira\"\nheaders = \"both\"\nquota = { points = 2, edition = \"free\" }",
    ] {
        let mut server = server(spec);
        let at = after(1_777);
        ask(&mut server, &page(), at);
        let decision = ask(&mut server, &page(), at);
        let Meaning::Refused(refusal) = refusal::read(&decision.answer).meaning else { panic!("{decision:?}") };
        let wait = refusal.wait(Clocks { now: at, date: signals(&decision).date });
        let Wait::For(wait, WaitSource::RetryAfter) = wait else { panic!("{spec}: {wait:?}") };
        assert_eq!(at + wait, refused(&decision).promised, "{spec}");
        assert!(points(&ask(&mut server, &page(), at + wait)).is_some(), "{spec}");
    }
}

#[test]
fn what_belongs_to_another_server_is_not_found_and_time_does_not_go_back() {
    let mut forge = server("invocations = {}");
    assert_eq!(ask(&mut forge, &page(), NOW).verdict, Verdict::NotFound);
    let mut server = server("quota = { points = 10, used_points = 9 }");
    assert_eq!(ask(&mut server, &invocation(Trigger::Ui, "i", "u"), NOW).verdict, Verdict::NotFound);
    ask(&mut server, &page(), NOW.next_hour());
    assert_eq!(ask(&mut server, &page(), NOW).left, Some(6), "still the later hour");
}

#[test]
fn no_header_stands_twice() {
    let specs = [
        "headers = \"both\"\nquota = { preview = { points = 9 } }\nburst = {}",
        "product = \"data-center\"\nrequests = {}",
    ];
    for spec in specs {
        let decision = ask(&mut server(spec), &page(), NOW);
        let names: Vec<_> = response(&decision).headers.iter().map(|Header { name, .. }| name.to_lowercase()).collect();
        assert!(names.iter().enumerate().all(|(at, name)| !names[..at].contains(name)), "{names:?}");
    }
}
