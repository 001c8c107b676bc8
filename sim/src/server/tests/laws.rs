//! What holds for every server, whatever its limits.

use super::*;
use proptest::prelude::*;

/// Tables that can stand beside each other; none refuses by chance.
const TABLES: &[&str] = &[
    "[quota]\npoints = 12\nchanges = [{ after = \"2 s\", points = 30 }, { after = \"5 s\", points = 9 }]",
    "[burst]\ncapacity = 3\nper_second = 2\nguarded = { per_second = 1, capacity = 1 }",
    "[invocations]\nformula = { base = 5, per_user = 1, users = 1 }\nper_user_cap = 2\nrefill = \"15 s\"\nbridge = true",
    "[api_token]\nhourly_cost = 9\nper_second = 3\ncapacity = 2",
    "[storage]\nper_second = 2",
    "[egress]\nper_minute = 2",
    "[tunnel]\nper_minute = 6",
    "[requests]\nper_hour = 20\nanonymous_per_hour = 2\ncapacity = 4\nfill = 1\ninterval_secs = 2",
];

fn any_spec() -> impl Strategy<Value = String> {
    let product = prop::sample::select(vec!["confluence", "jira", "bitbucket", "github", "data-center"]);
    let dialect = prop::sample::select(vec!["seed-2025-12", "structured-2026", "both"]);
    let tables = prop::sample::subsequence(TABLES, 1..=TABLES.len());
    (product, dialect, any::<bool>(), tables).prop_map(|(product, dialect, writes, tables)| {
        let head = format!("product = \"{product}\"\nheaders = \"{dialect}\"\nper_issue_writes = {writes}\n");
        head + &tables.join("\n")
    })
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let path = prop::sample::select(vec![
        "/wiki/api/v2/pages/7",
        "/wiki/api/v2/pages?limit=25",
        "/rest/api/3/issue/KEY-7",
        "/wiki/rest/api/search",
        "/graphql",
        "/forge/storage/kvs/v1/get",
        "https://example.com/",
        "/%%%?",
    ]);
    let trigger = prop::sample::select(vec![Trigger::Ui, Trigger::WebTrigger, Trigger::AsyncEvent]);
    prop_oneof![
        3 => ("GET|PUT|POST|X", path).prop_map(|(method, path)| rest(&method, path)),
        1 => (trigger, "[ij]", "[uv]").prop_map(|(trigger, i, u)| invocation(trigger, &i, &u)),
    ]
}

prop_compose! {
    fn any_sender()(
        node in 0_u32..2, account in prop::sample::select(vec![None, Some("eve"), Some("bob")]), auth in 0_u32..4,
        is_frontend: bool, is_new_connection: bool,
    ) -> Sender<'static> {
        let auth = match auth {
            0 => Auth::ApiToken,
            1 => Auth::Anonymous,
            copy => Auth::App { copy },
        };
        Sender { node, account, auth, is_frontend, is_new_connection }
    }
}

fn any_step() -> impl Strategy<Value = (u64, Operation, Sender<'static>, u32)> {
    (0_u64..900, any_operation(), any_sender(), 0_u32..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_refusal_is_exact_free_of_charge_and_names_no_earlier_instant(
        spec in any_spec(), steps in prop::collection::vec(any_step(), 1..40)
    ) {
        let mut server = server(&spec);
        let mut now = NOW;
        for (wait, operation, sender, objects) in &steps {
            now += Millis(*wait);
            let arrival = Arrival { operation, sender: *sender, objects: *objects };
            let before = server.clone();
            let decision = server.answer(&arrival, now);
            let Verdict::Refused(told) = &decision.verdict else { continue };
            prop_assert!(told.until > now && (told.promised == now || told.promised >= told.until || told.until == counter::NEVER));
            prop_assert!(Scope::of_arrival(&arrival).contains(&told.scope), "{:?}", told.scope);
            let verdict = |server: &Server, at| server.clone().answer(&arrival, at).verdict;
            let is_admitted = |at| matches!(verdict(&server, at), Verdict::Admitted { .. });
            prop_assert!(!is_admitted(Instant(told.until.0 - 1)));
            prop_assert!(told.until == counter::NEVER || is_admitted(told.until), "{told:?}");
            prop_assert_eq!(verdict(&before, told.until), verdict(&server, told.until), "it was charged");
        }
    }

    #[test]
    fn what_is_over_is_forgotten_and_no_answer_differs(
        spec in any_spec(), steps in prop::collection::vec(any_step(), 1..60)
    ) {
        let (mut sweeping, mut keeping) = (server(&spec), server(&spec));
        let mut now = NOW;
        for (wait, operation, sender, objects) in &steps {
            // Some waits are longer than every window.
            now += Millis(if *wait < 30 { wait * 200_000 } else { *wait });
            let arrival = Arrival { operation, sender: *sender, objects: *objects };
            sweeping.chain.sweep(now);
            prop_assert_eq!(sweeping.answer(&arrival, now), keeping.answer(&arrival, now));
        }
    }

    #[test]
    fn points_are_conserved(spec in any_spec(), steps in prop::collection::vec(any_step(), 1..40)) {
        let mut server = server(&format!("{spec}\n").replace("points = 12\nchanges = [{ after = \"2 s\", points = 30 }, { after = \"5 s\", points = 9 }]", "points = 300"));
        let mut spent = 0;
        for (_, operation, sender, objects) in &steps {
            spent += points(&server.answer(&Arrival { operation, sender: *sender, objects: *objects }, NOW)).unwrap_or(0);
        }
        prop_assert!(server.left("acme", NOW).is_none_or(|left| left == 300 - spent));
    }

    #[test]
    fn every_head_is_understood_and_every_body_is_what_it_says(
        spec in any_spec(), steps in prop::collection::vec(any_step(), 1..30)
    ) {
        let mut server = server(&spec);
        for (_, operation, sender, objects) in &steps {
            let decision = server.answer(&Arrival { operation, sender: *sender, objects: *objects }, NOW);
            let Answer::Response(response) = &decision.answer else { continue };
            let signals = Signals::read(&response.headers);
            prop_assert!(signals.ignored.is_empty(), "{:?}", signals.ignored);
            prop_assert_eq!(signals.date, Some(NOW));
            if header(&decision, "Content-Type") == Some("application/json") {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&response.body).is_ok());
            }
        }
    }

    #[test]
    fn the_same_arrivals_get_the_same_answers(
        spec in any_spec(), seed: u64, steps in prop::collection::vec(any_step(), 1..30)
    ) {
        let spec = format!("{spec}\n[gateway]\nevery = 3\n");
        let run = || {
            let mut server = Server::new(&toml::from_str(&spec).unwrap(), NOW, seed);
            let mut now = NOW;
            let answers = steps.iter().map(|(wait, operation, sender, objects)| {
                now += Millis(*wait);
                server.answer(&Arrival { operation, sender: *sender, objects: *objects }, now)
            });
            answers.collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }
}

#[test]
fn counters_do_not_pile_up_over_a_day_of_tenants_and_issues() {
    let mut server = server(
        "product = \"jira\"\nper_issue_writes = true\nquota = { points = 10, scope = \"tenant\" }\n\
         burst = { endpoints = \"jira\" }\nconcurrency = { most = 1 }",
    );
    let mut most = 0;
    for call in 0..100_000_u64 {
        let operation = Operation::Rest(Request {
            method: "PUT".into(),
            ..Request::get(format!("tenant-{}", call % 25_000), format!("/rest/api/3/issue/KEY-{call}"))
        });
        // 24 hours.
        let decision = server.answer(&Arrival::of_app(&operation), Instant(NOW.0 + call * 864));
        assert_eq!(decision.verdict, Verdict::Admitted { points: 1 });
        server.release(decision.holds.unwrap());
        most = most.max(server.chain.counters());
    }
    // 4,167 calls in an hour, and a door is swept when their number has doubled.
    assert!(most < 2 * 4_167 + 3 * 1_024 + 1_000, "{most} counters at once");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The slow server knew from the first what each answer would hold.
    #[test]
    fn a_server_that_is_corrected_has_as_much_left_as_one_that_knew(
        spec in prop::sample::select(vec!["[quota]\npoints = 90_000", "[quota]\nedition = \"free\"\nper_user_cap = 60_000",
            "[quota]\npoints = 90_000\npreview = { points = 80_000 }", "[api_token]\nhourly_cost = 90_000"]),
        steps in prop::collection::vec((0_u64..2_000_000, any_sender(), 0_u32..300, 0_u32..300), 1..20),
    ) {
        let (mut corrected, mut knew, mut now) = (server(spec), server(spec), NOW);
        let list = rest("GET", "/wiki/api/v2/pages?limit=250");
        for (wait, sender, expected, objects) in steps {
            now = Instant(now.0 + wait);
            let arrival = Arrival { operation: &list, sender, objects: expected };
            let seen = corrected.answer(&arrival, now);
            let wanted = knew.answer(&Arrival { objects, ..arrival }, now);
            prop_assert!(points(&seen).is_some(), "{:?}", seen.verdict);
            corrected.correct(&arrival, 1 + objects, now);
            if let Some(charged) = points(&wanted) {
                prop_assert!(charged == 0 || charged == 1 + objects, "{} for {}", charged, objects);
            }
            prop_assert_eq!(corrected.pool("acme", now), knew.pool("acme", now));
            let ask = |server: &mut Server| server.answer(&Arrival { objects: 0, ..arrival }, now).answer;
            prop_assert_eq!(ask(&mut corrected), ask(&mut knew));
        }
    }
}
