//! Quotas that change or are only proposed, and who shares them.

use super::*;

#[test]
fn copies_share_one_quota_and_tokens_and_strangers_spend_none() {
    let mut server = server("quota = { points = 6 }");
    let page = page();
    let app = Arrival::of_app(&page);
    let mut from = |auth| server.answer(&Arrival { sender: Sender { auth, ..app.sender }, ..app }, NOW);
    let lefts = [0, 1, 2].map(|copy| from(Auth::App { copy }).left);
    assert_eq!(lefts, [Some(4), Some(2), Some(0)]);
    assert_eq!(refused(&from(Auth::App { copy: 3 })).limit, Limit::PointsQuota);
    assert_eq!((points(&from(Auth::ApiToken)), points(&from(Auth::Anonymous))), (Some(0), Some(0)));
}

#[test]
fn a_tenants_pool_is_its_own() {
    let mut server = server("quota = { points = 2, scope = \"tenant\", used_points = 0 }");
    assert_eq!((server.left("a", NOW), server.left("b", NOW)), (Some(2), Some(2)));
    assert_eq!(points(&ask(&mut server, &of_tenant("a"), NOW)), Some(2));
    assert_eq!((server.left("a", NOW), server.left("b", NOW)), (Some(0), Some(2)));
    let decision = ask(&mut server, &of_tenant("a"), NOW);
    assert_eq!(refused(&decision).scope, Scope::Tenant("a".into()));
    assert_eq!(header(&decision, "RateLimit-Reason"), Some("confluence-quota-tenant-based"));
    assert_eq!(points(&ask(&mut server, &of_tenant("b"), NOW)), Some(2));
    assert_eq!(server.left("a", NOW.next_hour()), Some(2));
}

#[test]
fn a_quota_that_grows_within_the_hour_ends_refusals_then_and_the_server_does_not_know_it() {
    let mut server = server(
        "[quota]\npoints = 4\nchanges = [{ after = \"40 min\", points = 6 }, { after = \"50 min\", points = 3 }]",
    );
    (0..2).for_each(|_| assert!(points(&ask(&mut server, &page(), NOW)).is_some()));
    let told = refused(&ask(&mut server, &page(), NOW)).clone();
    assert_eq!(told.until, after(2_400_000), "the change");
    assert!(points(&ask(&mut server.clone(), &page(), told.until)).is_some());
    assert!(points(&ask(&mut server.clone(), &page(), Instant(told.until.0 - 1))).is_none());
    let decision = ask(&mut server, &page(), after(3_000_000));
    assert_eq!((decision.left, header(&decision, "X-RateLimit-Limit")), (Some(0), Some("3")), "4 of 3 are used");
    assert_eq!(refused(&decision).until, NOW.next_hour());
}

#[test]
fn a_cap_for_each_user_holds_a_compromised_account_alone() {
    let mut server = server("quota = { per_user_cap = 4 }");
    let page = page();
    let app = Arrival::of_app(&page);
    let mut by = |account| server.answer(&Arrival { sender: Sender { account, ..app.sender }, ..app }, NOW);
    (0..2).for_each(|_| assert!(points(&by(Some("eve"))).is_some()));
    let decision = by(Some("eve"));
    assert_eq!(
        (refused(&decision).limit, &refused(&decision).scope),
        (Limit::UserQuota, &Scope::Account("eve".into()))
    );
    assert!(points(&by(Some("bob"))).is_some() && points(&by(None)).is_some());
}

#[test]
fn a_pool_that_is_refilled_every_15_seconds_does_not_wait_for_the_hour() {
    let mut server = server(
        "quota = { points = 2400, used_points = 2400, refill = \"15 s\", always_headers = true }\nheaders = \"structured-2026\"",
    );
    let decision = ask(&mut server, &page(), after(1));
    assert_eq!(refused(&decision).until, after(15_000));
    let decision = ask(&mut server, &page(), after(15_000));
    assert_eq!((points(&decision), decision.left), (Some(2), Some(8)), "2,400 in 240 shares of 10");
    assert_eq!(header(&decision, "RateLimit"), Some("\"global-app-quota\";r=8;t=15"));
}

#[test]
fn invocations_by_the_number_of_users_grow_with_the_tenant_and_cap_each_user() {
    let mut server =
        server("[invocations]\nper_user_cap = 3\nrefill = \"15 s\"\nformula = { base = 4, per_user = 2, users = 2 }");
    let mut by = |user: &str, at| ask(&mut server, &invocation(Trigger::Ui, "i", user), after(at));
    (0..3).for_each(|_| assert!(points(&by("eve", 0)).is_some()));
    assert!(matches!(refused(&by("eve", 0)).scope, Scope::User { .. }));
    (0..5).for_each(|nth| assert!(points(&by(&format!("u{nth}"), 0)).is_some()));
    let decision = by("late", 0);
    assert_eq!((refused(&decision).until, decision.left), (after(15_000), Some(0)), "4 + 2 × 2 are in");
    assert!(points(&by("late", 15_000)).is_some());
}
