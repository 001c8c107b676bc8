//! What is no counter, and what stands in front of the product.

use super::*;
use headroom_model::facts;

#[test]
fn a_connection_that_is_kept_alive_passes_the_tunnel() {
    let mut server = server("tunnel = {}\nquota = {}");
    let page = page();
    let app = Arrival::of_app(&page);
    let mut over =
        |is_new_connection| server.answer(&Arrival { sender: Sender { is_new_connection, ..app.sender }, ..app }, NOW);
    (0..20).for_each(|_| assert!(points(&over(true)).is_some()));
    let decision = over(true);
    assert_eq!((refused(&decision).limit, &refused(&decision).scope), (Limit::TunnelConnections, &Scope::Tunnel));
    let number = header(&decision, "Ngrok-Error-Code").and_then(|code| code.strip_prefix("ERR_NGROK_")?.parse().ok());
    assert_eq!(number, Some(facts::NGROK_ERROR.value));
    let text = String::from_utf8_lossy(&response(&decision).body).into_owned();
    assert!(text.starts_with("Too many connections! The tunnel session '"), "{text}");
    assert!((0..100).all(|_| points(&over(false)).is_some()), "requests are not limited");
}

#[test]
fn the_gateway_and_the_proxy_refuse_by_chance_with_their_marks_alone() {
    let mut server = server("quota = {}\ngateway = { every = 10, forge_proxy_every = 25 }");
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..10_000 {
        let decision = ask(&mut server, &page(), NOW);
        if let Verdict::Refused(told) = &decision.verdict {
            let want = match told.limit {
                Limit::Gateway => (Origin::AtlassianGateway, Limiter::Gateway),
                _ => (Origin::ForgeProxy, Limiter::Unknown),
            };
            assert_eq!((super::read(&decision), told.promised), (want, NOW));
            assert_eq!((header(&decision, "Retry-After"), header(&decision, "RateLimit-Reason")), (None, None));
            *seen.entry(told.limit.name()).or_insert(0_u32) += 1;
        }
    }
    // On average 1,000 and 400 of 10,000, less those that both refuse.
    assert!((900..1_100).contains(&seen["gateway"]) && (340..460).contains(&seen["forge-proxy"]), "{seen:?}");
}

#[test]
fn the_same_seed_refuses_the_same_calls_and_another_one_others() {
    let refusals = |seed| {
        let spec = toml::from_str("gateway = { every = 5 }").unwrap();
        let mut server = Server::new(&spec, NOW, seed);
        (0..200).map(|_| points(&ask(&mut server, &page(), NOW)).is_none()).collect::<Vec<_>>()
    };
    assert_eq!(refusals(1), refusals(1));
    assert_ne!(refusals(1), refusals(2));
}

#[test]
fn a_place_among_the_requests_at_the_same_time_is_given_back() {
    let mut server = server("product = \"jira\"\nconcurrency = { most = 2 }");
    let slots: Vec<_> = (0..2).map(|_| ask(&mut server, &page(), NOW).holds.unwrap()).collect();
    let decision = ask(&mut server, &page(), NOW);
    assert_eq!((refused(&decision).limit, refused(&decision).promised), (Limit::Concurrency, after(1_000)));
    assert_eq!(super::read(&decision), (Origin::Jira, Limiter::Concurrency));
    assert!(ask(&mut server, &of_tenant("other"), NOW).holds.is_some());
    server.release(slots[0]);
    assert!(points(&ask(&mut server, &page(), NOW)).is_some());
    assert!(points(&ask(&mut server, &page(), NOW)).is_none());
}

#[test]
fn guarded_paths_of_confluence_have_tighter_buckets_by_group() {
    let mut server = server("[burst]\nper_second = 50\nguarded = { per_second = 1, capacity = 2 }");
    let mut ask = |path: &str| points(&ask(&mut server, &rest("GET", path), NOW)).is_some();
    let search = "/wiki/rest/api/search?cql=type=page";
    assert!(ask(search) && ask(search) && !ask(search));
    assert!(ask("/wiki/rest/api/space/DOC/permission") && ask("/wiki/admin/x"), "other groups");
    assert!(ask("/wiki/api/v2/pages/7?title=search"), "not guarded");
}

#[test]
fn endpoints_of_jira_are_told_apart_by_tenant_template_and_method() {
    let mut server = server("product = \"jira\"\nburst = { endpoints = \"jira\", capacity = 1 }");
    let mut ask = |tenant: &str, method: &str, path: &str| {
        let request = Request { method: method.into(), ..Request::get(tenant, path) };
        points(&ask(&mut server, &Operation::Rest(request), NOW)).is_some()
    };
    assert!(ask("a", "GET", "/rest/api/3/issue/KEY-1"));
    assert!(!ask("a", "GET", "/rest/api/3/issue/KEY-2"), "one template");
    assert!(ask("a", "PUT", "/rest/api/3/issue/KEY-1") && ask("b", "GET", "/rest/api/3/issue/KEY-1"));
    assert!(
        ask("a", "GET", "/no/template/17") && !ask("a", "GET", "/no/template/18") && ask("a", "GET", "/no/other/17")
    );
}

#[test]
fn bitbucket_says_46_bytes_and_no_headers_and_data_center_0_on_success() {
    let mut server = super::server("product = \"bitbucket\"\nrequests = { per_hour = 1 }");
    ask(&mut server, &page(), NOW);
    let decision = ask(&mut server, &page(), NOW);
    assert_eq!(header(&decision, "Content-Type"), Some("text/plain"));
    assert_eq!(response(&decision).body.len(), facts::BITBUCKET_REFUSAL_BYTES.value as usize);
    assert_eq!(response(&decision).headers.len(), 2, "date and kind alone");
    assert_eq!(refused(&decision).promised, NOW, "it names no instant");
    let mut server =
        super::server("product = \"data-center\"\nrequests = { capacity = 1, fill = 2, interval_secs = 10 }");
    let decision = ask(&mut server, &page(), NOW);
    assert_eq!((response(&decision).status, header(&decision, "Retry-After")), (200, Some("0")));
    let decision = ask(&mut server, &page(), after(4_000));
    assert_eq!((header(&decision, "Retry-After"), header(&decision, "X-RateLimit-FillRate")), (Some("6"), Some("2")));
}

#[test]
fn limits_of_api_tokens_hold_tokens_alone_each_account_on_each_tenant() {
    let mut server = server("api_token = { hourly_cost = 4, per_second = 9 }");
    let page = page();
    let app = Arrival::of_app(&page);
    let mut by = |auth, account| {
        let sender = Sender { auth, account: Some(account), ..app.sender };
        points(&server.answer(&Arrival { sender, ..app }, NOW)).is_some()
    };
    assert!(by(Auth::ApiToken, "bot") && by(Auth::ApiToken, "bot") && !by(Auth::ApiToken, "bot"));
    assert!(by(Auth::ApiToken, "eve") && (0..20).all(|_| by(Auth::App { copy: 0 }, "bot")));
}

#[test]
fn the_wall_of_tokens_and_githubs_hour_tell_their_own_figures() {
    let page = page();
    let app = Arrival::of_app(&page);
    let token = Arrival { sender: Sender { auth: Auth::ApiToken, account: Some("bot"), ..app.sender }, ..app };
    for (spec, said) in [
        (
            "product = \"jira\"\napi_token = { hourly_cost = 2 }",
            [("RateLimit-Reason", "jira-cost-based"), ("X-RateLimit-Limit", "2"), ("Retry-After", "3600")],
        ),
        (
            "product = \"github\"\nrequests = { per_hour = 1 }",
            [("x-ratelimit-used", "1"), ("x-ratelimit-limit", "1"), ("x-ratelimit-reset", "1770040800")],
        ),
    ] {
        let mut server = server(spec);
        assert!(points(&server.answer(&token, NOW)).is_some());
        let decision = server.answer(&token, NOW);
        assert_eq!(header(&decision, "X-RateLimit-Remaining"), Some("0"), "{spec}");
        assert_eq!(refused(&decision).promised, NOW.next_hour(), "{spec}");
        for (name, value) in said {
            assert_eq!(header(&decision, name), Some(value), "{spec}: {name}");
        }
    }
}
