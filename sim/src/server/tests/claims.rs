//! Every row of the facts that gives a number, met through [`Server::answer`]: so many are admitted, the next one is
//! refused, until exactly then, and a client reads the refusal as what it is.

use super::*;

/// One row.
struct Claim {
    row: &'static str,
    spec: &'static str,
    operation: Operation,
    objects: u32,
    sender: Sender<'static>,
    /// So many at each of these instants, in milliseconds after [`NOW`]; the next one comes at the last of them.
    admits: Vec<(u64, u32)>,
    limit: Limit,
    /// Milliseconds after [`NOW`].
    until: u64,
    read: (Origin, Limiter),
}

const HOUR_MS: u64 = 3_600_000;
const APP: Sender<'static> =
    Sender { node: 1, account: None, auth: Auth::App { copy: 0 }, is_frontend: false, is_new_connection: false };

fn claim(row: &'static str, spec: &'static str, operation: Operation, admits: u32, until: u64) -> Claim {
    let read = (Origin::Unknown, Limiter::Unknown);
    let limit = Limit::Burst;
    Claim { row, spec, operation, objects: 1, sender: APP, admits: vec![(0, admits)], limit, until, read }
}

/// Points: a list of 249 objects costs 250.
fn quota(row: &'static str, spec: &'static str, admits: u32, reason: Origin) -> Claim {
    let list = rest("GET", "/wiki/api/v2/pages?limit=250");
    let read = (reason, Limiter::PointsQuota);
    Claim { objects: 249, limit: Limit::PointsQuota, read, ..claim(row, spec, list, admits, HOUR_MS) }
}

const JIRA: &str = "product = \"jira\"\nburst = { endpoints = \"jira\" }";

fn endpoint(row: &'static str, method: &str, path: &str, admits: u32, until: u64) -> Claim {
    Claim { read: (Origin::Jira, Limiter::Burst), ..claim(row, JIRA, rest(method, path), admits, until) }
}

fn invoked(row: &'static str, spec: &'static str, admits: Vec<(u64, u32)>, until: u64) -> Claim {
    Claim {
        limit: Limit::InvocationRate,
        admits,
        read: (Origin::ForgeInvocation, Limiter::InvocationRate),
        ..claim(row, spec, invocation(Trigger::Ui, "i", "u"), 0, until)
    }
}

fn account(row: &'static str, spec: &'static str, sender: Sender<'static>, admits: u32, until: u64) -> Claim {
    let path = rest("GET", "/2.0/repositories/acme");
    let read = (Origin::Bitbucket, Limiter::HourlyRequests);
    Claim { limit: Limit::HourlyRequests, sender, read, ..claim(row, spec, path, admits, until) }
}

fn of_points() -> Vec<Claim> {
    vec![
        quota("tier 1: 65,000", "quota = {}", 260, Origin::Confluence),
        quota("free: 65,000", "quota = { edition = \"free\", users = 9 }", 260, Origin::Confluence),
        quota(
            "standard: 100,000 + 10 × users",
            "quota = { edition = \"standard\", users = 2000 }",
            480,
            Origin::Confluence,
        ),
        quota(
            "premium: 130,000 + 20 × users",
            "quota = { edition = \"premium\", users = 100 }",
            528,
            Origin::Confluence,
        ),
        quota(
            "enterprise: 150,000 + 30 × users",
            "quota = { edition = \"enterprise\", users = 100 }",
            612,
            Origin::Confluence,
        ),
        quota("at most 500,000", "quota = { edition = \"enterprise\", users = 15000 }", 2_000, Origin::Confluence),
        quota("Jira's reasons", "product = \"jira\"\nquota = {}", 260, Origin::Jira),
        quota("Jira's tenants", "product = \"jira\"\nquota = { edition = \"free\" }", 260, Origin::Jira),
        Claim {
            objects: 249,
            limit: Limit::TokenCost,
            sender: Sender { auth: Auth::ApiToken, account: Some("bot"), ..APP },
            read: (Origin::Jira, Limiter::Cost),
            ..claim(
                "the wall of tokens: 150,000",
                "product = \"jira\"\napi_token = { hourly_cost = 150000 }",
                rest("GET", "/wiki/api/v2/pages?limit=250"),
                600,
                HOUR_MS,
            )
        },
    ]
}

fn of_bursts() -> Vec<Claim> {
    let issue = |admits: Vec<(u64, u32)>, row, until| Claim {
        limit: Limit::IssueWrites,
        admits,
        read: (Origin::Jira, Limiter::PerIssueWrite),
        ..claim(row, "product = \"jira\"\nper_issue_writes = true", rest("PUT", "/rest/api/3/issue/KEY-7"), 0, until)
    };
    vec![
        endpoint("GET 100/s", "GET", "/rest/api/3/myself", 100, 10),
        endpoint("POST 100/s", "POST", "/rest/api/3/issue", 100, 10),
        endpoint("PUT 50/s", "PUT", "/rest/api/3/issue/KEY-7", 50, 20),
        endpoint("DELETE 50/s", "DELETE", "/rest/api/3/issue/KEY-7", 50, 20),
        endpoint("issue/{id} GET 150", "GET", "/rest/api/3/issue/KEY-7", 150, 7),
        endpoint("group/by-id GET 400", "GET", "/rest/api/group/by-id", 400, 3),
        endpoint("customer GET 5", "GET", "/rest/servicedeskapi/servicedesk/17/customer", 5, 200),
        endpoint("approximate-count POST 150", "POST", "/rest/api/3/search/approximate-count", 150, 7),
        Claim {
            spec: "product = \"jira\"\nburst = { endpoints = \"jira\", capacity = 350 }",
            ..endpoint("350 seen as a capacity", "GET", "/rest/api/3/myself", 350, 10)
        },
        // Without a quota beside it a burst of Confluence gives nothing to read.
        claim("Confluence: a bucket", "burst = { per_second = 40, capacity = 60 }", page(), 60, 25),
        issue(vec![(0, 20)], "20 in 2 s", 2_000),
        issue(vec![(0, 20), (2_000, 20), (4_000, 20), (6_000, 20), (8_000, 20), (10_000, 0)], "100 in 30 s", 30_000),
    ]
}

fn of_forge() -> Vec<Claim> {
    const CURRENT: &str = "invocations = { profile = \"forge-current\" }";
    const RFC: &str = "invocations = { profile = \"forge-rfc130\" }";
    const LATER: &str = "headers = \"structured-2026\"\ninvocations = { profile = \"forge-2026-09\" }";
    // 300 in each second, until 7,000 are in.
    let minute = || (0..24).map(|second| (second * 1_000, if second == 23 { 100 } else { 300 })).collect::<Vec<_>>();
    let by_strangers = |claim: Claim| Claim { operation: invocation(Trigger::WebTrigger, "i", ""), ..claim };
    vec![
        invoked("current: a user 1,200/min", CURRENT, vec![(0, 1_200)], 60_000),
        invoked("RFC 130: 300/s", RFC, vec![(0, 300)], 1_000),
        invoked("RFC 130: 7,000/min", RFC, minute(), 60_000),
        invoked("2026-09: 300/s", LATER, vec![(500, 300)], 1_000),
        invoked(
            "2026-09: a user 1,200/min",
            LATER,
            vec![(0, 300), (1_000, 300), (2_000, 300), (3_000, 300), (4_000, 0)],
            60_000,
        ),
        by_strangers(Claim {
            read: (Origin::ForgeWebTrigger, Limiter::InvocationRate),
            ..invoked("a web trigger", RFC, vec![(0, 300)], 1_000)
        }),
        Claim {
            limit: Limit::Bridge,
            sender: Sender { is_frontend: true, ..APP },
            ..invoked(
                "the bridge: 500 in 25 s",
                "invocations = { profile = \"forge-current\", bridge = true }",
                vec![(0, 500)],
                25_000,
            )
        },
    ]
}

fn of_others() -> Vec<Claim> {
    const BITBUCKET: &str = "product = \"bitbucket\"\nrequests = {}";
    const GITHUB: &str = "product = \"github\"\nrequests = {}";
    let bot = Sender { account: Some("bot"), ..APP };
    let nobody = Sender { auth: Auth::Anonymous, ..APP };
    let elsewhere = rest("GET", "https://example.com/hook");
    vec![
        Claim {
            limit: Limit::TunnelConnections,
            sender: Sender { is_new_connection: true, ..APP },
            read: (Origin::Ngrok, Limiter::TunnelConnections),
            ..claim("ngrok: 20 connections/min", "tunnel = {}", page(), 20, 60_000)
        },
        account("Bitbucket: 1,000 in a rolling hour", BITBUCKET, bot, 1_000, HOUR_MS),
        account("Bitbucket without a login: 60", BITBUCKET, nobody, 60, HOUR_MS),
        Claim {
            read: (Origin::Github, Limiter::HourlyRequests),
            ..account("GitHub: 5,000/h", GITHUB, bot, 5_000, HOUR_MS)
        },
        Claim {
            limit: Limit::TokenBucket,
            read: (Origin::DataCenter, Limiter::TokenBucket),
            ..account("Data Center: 60, and 5/s", "product = \"data-center\"\nrequests = {}", bot, 60, 1_000)
        },
        Claim {
            limit: Limit::StorageRate,
            read: (Origin::ForgeStorage, Limiter::StorageRate),
            ..claim("storage: 1,000/s", "storage = {}", rest("POST", "/forge/storage/kvs/v1/get"), 1_000, 1_000)
        },
        Claim {
            limit: Limit::Egress,
            read: (Origin::ForgeProxy, Limiter::Egress),
            ..claim("egress: 50,000/min", "egress = {}", elsewhere, 50_000, 60_000)
        },
    ]
}

fn meet(claim: &Claim, spec: &str) {
    let Claim { row, operation, objects, sender, admits, limit, until, read: want, .. } = claim;
    let arrival = Arrival { operation, sender: *sender, objects: *objects };
    let mut server = server(spec);
    for &(at, count) in admits {
        for nth in 0..count {
            let verdict = server.answer(&arrival, after(at)).verdict;
            assert!(matches!(verdict, Verdict::Admitted { .. }), "{row}: {nth} of {count} at {at}: {verdict:?}");
        }
    }
    let (at, _) = *admits.last().unwrap();
    let decision = server.answer(&arrival, after(at));
    let told = refused(&decision);
    assert_eq!((told.limit, told.until), (*limit, after(*until)), "{row}");
    assert!(
        told.promised == after(at) || (told.promised >= told.until && told.promised.0 < told.until.0 + 1_000),
        "{row}"
    );
    assert!(Scope::of_arrival(&arrival).contains(&told.scope), "{row}: {:?}", told.scope);
    assert_eq!(super::read(&decision), *want, "{row}: {:?}", decision.answer);
    let verdict = |at| server.clone().answer(&arrival, at).verdict;
    assert!(matches!(verdict(Instant(told.until.0 - 1)), Verdict::Refused(_)), "{row}: a millisecond too early");
    assert!(matches!(verdict(told.until), Verdict::Admitted { .. }), "{row}: at its end");
}

fn meet_all(claims: &[Claim]) {
    claims.iter().for_each(|claim| meet(claim, claim.spec));
}

#[test]
fn quotas_of_every_tier_and_edition_are_met() {
    meet_all(&of_points());
}

#[test]
fn bursts_and_writes_to_an_issue_are_met() {
    meet_all(&of_bursts());
}

#[test]
fn invocations_of_all_profiles_are_met() {
    meet_all(&of_forge());
}

#[test]
fn limits_of_tunnels_and_other_products_are_met() {
    meet_all(&of_others());
}

#[test]
fn every_refusal_is_read_alike_in_every_dialect() {
    for claim in [of_points(), of_bursts(), of_forge(), of_others()].into_iter().flatten() {
        // What a burst of Confluence says in the structured dialect has a case of its own.
        if claim.row.starts_with("Confluence") || claim.spec.contains("headers") {
            continue;
        }
        for dialect in ["structured-2026", "both"] {
            meet(&claim, &format!("headers = \"{dialect}\"\n{}", claim.spec));
        }
    }
}

#[test]
fn an_installation_and_an_environment_have_limits_over_all_their_users() {
    for (profile, installations, users, limit) in [("forge-current", 1, 10, 5_000), ("forge-current", 10, 10, 30_000)] {
        let mut server = server(&format!("invocations = {{ profile = \"{profile}\" }}"));
        let names: Vec<_> =
            (0..installations * users).map(|n| (format!("i{}", n % installations), format!("u{n}"))).collect();
        let mut calls = names.iter().cycle().map(|(installation, user)| invocation(Trigger::Ui, installation, user));
        for call in calls.by_ref().take(limit) {
            assert_eq!(points(&ask(&mut server, &call, NOW)), Some(0));
        }
        let decision = ask(&mut server, &calls.next().unwrap(), NOW);
        assert_eq!(refused(&decision).until, after(60_000), "{limit}");
        let is_whose = matches!(
            (installations, &refused(&decision).scope),
            (1, Scope::Installation(_)) | (10, Scope::Environment(_) | Scope::Installation(_))
        );
        assert!(is_whose, "{:?}", refused(&decision).scope);
    }
}

#[test]
fn runs_are_stopped_after_25_55_and_900_seconds() {
    let limits = [Trigger::Ui, Trigger::WebTrigger, Trigger::AsyncEvent, Trigger::Scheduled].map(Server::run_limit);
    assert_eq!(limits, [25, 55, 900, 900].map(Millis::from_secs));
}

#[test]
fn events_come_late_are_never_refused_and_are_dropped_after_a_day() {
    let mut server = server("[invocations]\ndelivery = { per_minute = 1 }");
    let Operation::Invoke(Invocation { context, .. }) = invocation(Trigger::AsyncEvent, "i", "u") else {
        unreachable!()
    };
    let turns: Vec<_> = (0..1_441).map(|_| server.deliver(&context, NOW)).collect();
    assert_eq!((turns[0], turns[1_440]), (Some(NOW), Some(after(86_400_000))));
    assert_eq!(server.deliver(&context, NOW), None, "a day's worth is waiting");
    let event = invocation(Trigger::AsyncEvent, "i", "u");
    assert!((0..20_000).all(|_| points(&ask(&mut server, &event, NOW)) == Some(0)), "never refused to the app");
}
