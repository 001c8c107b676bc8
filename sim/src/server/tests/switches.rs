//! Undocumented behaviour: each switch, and that it is off unless it is asked for.

use super::*;

#[test]
fn forgiveness_admits_beyond_the_quota_and_tells_nothing_of_it() {
    let mut server = server("quota = { points = 100, used_points = 100 }\nswitches = { forgiveness = 10 }");
    for _ in 0..5 {
        let decision = ask(&mut server, &page(), NOW);
        assert_eq!((points(&decision), decision.left), (Some(2), Some(0)));
    }
    assert_eq!(refused(&ask(&mut server, &page(), NOW)).until, NOW.next_hour());
}

#[test]
fn a_refused_call_costs_its_base_only_if_the_switch_says_so() {
    for (switch, left) in [("", 6), ("switches = { refused_costs = true }", 5)] {
        let mut server =
            server(&format!("quota = {{ points = 10 }}\nburst = {{ capacity = 2, per_second = 1 }}\n{switch}"));
        (0..2).for_each(|_| assert!(points(&ask(&mut server, &page(), NOW)).is_some()));
        assert_eq!(ask(&mut server, &page(), NOW).left, Some(left), "{switch}");
    }
}

#[test]
fn which_pool_the_plain_fields_tell_can_be_chosen() {
    for (headers, pool, want) in [
        ("seed-2025-12", "burst", "7"),
        ("seed-2025-12", "points", "65000"),
        ("structured-2026", "points", "65000"),
        ("structured-2026", "burst", "7"),
    ] {
        let spec = format!(
            "headers = \"{headers}\"\nquota = {{}}\nburst = {{ capacity = 7 }}\nswitches = {{ burst_headers = \"{pool}\" }}"
        );
        assert_eq!(header(&ask(&mut server(&spec), &page(), NOW), "X-RateLimit-Limit"), Some(want), "{headers} {pool}");
    }
}

#[test]
fn nothing_left_can_be_said_with_200_and_near_can_be_always() {
    let mut liar = server("quota = { points = 100, used_points = 79 }\nswitches = { zero_with_200 = true }");
    let decision = ask(&mut liar, &page(), NOW);
    assert_eq!((response(&decision).status, header(&decision, "X-RateLimit-Remaining")), (200, Some("0")));
    assert_eq!(decision.left, Some(19), "the truth");
    let mut nervous = server("quota = {}\nswitches = { near_limit_always = true }");
    assert_eq!(header(&ask(&mut nervous, &page(), NOW), "X-RateLimit-NearLimit"), Some("true"));
}

#[test]
fn who_comes_early_is_held_longer_and_never_beyond_an_hour() {
    let mut server = server("burst = { capacity = 1, per_second = 1 }\nswitches = { escalation = \"10 s\" }");
    ask(&mut server, &page(), NOW);
    assert_eq!(refused(&ask(&mut server, &page(), NOW)).promised, after(1_000));
    let decision = ask(&mut server, &page(), after(500));
    assert_eq!((refused(&decision).limit, refused(&decision).until), (Limit::Burst, after(11_000)));
    assert_eq!(refused(&decision).promised, after(11_500), "whole seconds");
    assert!(points(&ask(&mut server.clone(), &of_tenant("other"), after(11_499))).is_some(), "another tenant");
    assert!(points(&ask(&mut server.clone(), &page(), after(11_500))).is_some(), "who waits as told is admitted");
    for _ in 0..1_000 {
        ask(&mut server, &page(), after(600));
    }
    let decision = ask(&mut server, &page(), after(700));
    assert!(refused(&decision).promised <= after(700 + 3_600_000 + 1_000));
}

#[test]
fn calls_from_the_browser_count_unless_they_are_exempt() {
    for (switch, charged) in [("", 2), ("switches = { frontend_exempt = true }", 0)] {
        let mut server = server(&format!("quota = {{}}\n{switch}"));
        let page = page();
        let app = Arrival::of_app(&page);
        let arrival = Arrival { sender: Sender { is_frontend: true, ..app.sender }, ..app };
        assert_eq!(points(&server.answer(&arrival, NOW)), Some(charged));
        assert_eq!(server.left("acme", NOW), Some(65_000 - charged));
    }
}

#[test]
fn what_costs_more_than_the_most_is_refused_for_ever_and_no_429() {
    let mut server = server("quota = {}\nswitches = { max_cost = 100 }");
    let list = rest("GET", "/wiki/api/v2/pages?limit=250");
    let decision = server.answer(&Arrival { objects: 100, ..Arrival::of_app(&list) }, NOW);
    assert_eq!((refused(&decision).limit, refused(&decision).until), (Limit::MaxCost, counter::NEVER));
    assert_eq!((refused(&decision).promised, response(&decision).status), (NOW, 400));
    assert_eq!(points(&server.answer(&Arrival { objects: 99, ..Arrival::of_app(&list) }, NOW)), Some(100));
}

/// Every shape of a delay and of a reset, as a client reads it: never an earlier instant than the end.
#[test]
fn every_shape_of_a_delay_and_of_a_reset_is_read_as_the_same_instant() {
    use headroom_model::refusal::{Clocks, Wait, WaitSource};
    let at = after(1_000_250);
    for (retry_after, source) in [
        ("seconds", WaitSource::RetryAfter),
        ("http-date", WaitSource::RetryAfter),
        ("iso", WaitSource::RetryAfter),
        ("zero", WaitSource::Reset),
        ("absurd", WaitSource::Reset),
        ("missing", WaitSource::Reset),
    ] {
        for reset in ["iso", "iso-minutes", "epoch-seconds", "epoch-ms", "remaining"] {
            let mut server = server(&format!(
                "quota = {{ points = 2 }}\n\
                 switches = {{ retry_after = \"{retry_after}\", reset = \"{reset}\", lowercase_names = true }}"
            ));
            ask(&mut server, &page(), at);
            let decision = ask(&mut server, &page(), at);
            let Meaning::Refused(refusal) = refusal::read(&decision.answer).meaning else { panic!("{decision:?}") };
            let Wait::For(wait, from) = refusal.wait(Clocks { now: at, date: signals(&decision).date }) else {
                panic!("{retry_after} {reset}: nothing is read from {:?}", decision.answer)
            };
            let told = refused(&decision);
            assert_eq!((from, told.until), (source, NOW.next_hour()), "{retry_after} {reset}");
            assert!(at + wait >= told.until && at + wait < told.until + Millis(1_000), "{retry_after} {reset}: {wait}");
            assert!(told.promised >= told.until && told.promised <= at + wait, "{retry_after} {reset}");
        }
    }
    let mut mute = server("burst = { capacity = 1 }\nswitches = { retry_after = \"missing\", reset = \"missing\" }");
    ask(&mut mute, &page(), NOW);
    let decision = ask(&mut mute, &page(), NOW);
    assert_eq!((header(&decision, "Retry-After"), refused(&decision).promised), (None, NOW), "it names no instant");
}

#[test]
fn an_invocation_tells_what_is_left_only_if_it_is_asked_to() {
    for (switch, left) in [("", None), ("tells_left = true", Some(299))] {
        let mut server = server(&format!("[invocations]\n{switch}"));
        let Answer::Resolved(json) = ask(&mut server, &invocation(Trigger::Ui, "i", "u"), NOW).answer else { panic!() };
        let read = headroom_model::properties::RateLimitProperties::read_resolved(&json);
        assert_eq!(read.and_then(|read| read.remaining), left);
        let trigger = ask(&mut server, &invocation(Trigger::WebTrigger, "j", "u"), NOW);
        assert_eq!(header(&trigger, "rateLimitRemaining").map(str::to_owned), left.map(|left| left.to_string()));
    }
}

#[test]
fn every_shape_is_written_as_it_was_seen() {
    let at = after(3_590_250);
    let said = |switch: &str, name: &str| {
        let mut server = server(&format!("quota = {{ points = 2 }}\nswitches = {{ {switch} }}"));
        ask(&mut server, &page(), at);
        header(&ask(&mut server, &page(), at), name).map(str::to_owned)
    };
    for (shape, want) in [
        ("seconds", Some("10")),
        ("zero", Some("0")),
        ("http-date", Some("Mon, 02 Feb 2026 14:00:00 GMT")),
        ("iso", Some("2026-02-02T14:00:00Z")),
        ("absurd", Some("9223372036854775807")),
        ("missing", None),
    ] {
        assert_eq!(said(&format!("retry_after = \"{shape}\""), "Retry-After").as_deref(), want, "{shape}");
    }
    for (shape, want) in [
        ("iso", Some("2026-02-02T14:00:00Z")),
        ("iso-minutes", Some("2026-02-02T14:00Z")),
        ("epoch-seconds", Some("1770040800")),
        ("epoch-ms", Some("1770040800000")),
        ("remaining", Some("10")),
        ("missing", None),
    ] {
        assert_eq!(said(&format!("reset = \"{shape}\""), "X-RateLimit-Reset").as_deref(), want, "{shape}");
    }
}

#[test]
fn usage_that_is_set_is_what_is_used_whatever_was_before_and_ends_with_the_hour() {
    let mut server = server("quota = { points = 100, scope = 'tenant', used_points = 30 }");
    assert_eq!(server.set_used("acme", 99, NOW), Some(()));
    assert_eq!((server.left("acme", NOW), server.left("other", NOW)), (Some(1), Some(70)));
    assert_eq!(refused(&ask(&mut server, &of_tenant("acme"), NOW)).until, NOW.next_hour());
    server.set_used("acme", 10, NOW);
    assert_eq!(points(&ask(&mut server, &of_tenant("acme"), NOW)), Some(2));
    let pool = server.pool("acme", NOW).unwrap();
    assert_eq!((pool.quota, pool.left, pool.reset), (100, 88, NOW.next_hour()));
    assert_eq!(server.left("acme", NOW.next_hour()), Some(100));
}
