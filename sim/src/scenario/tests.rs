//! What scenarios say, and what a person is told about one that is wrong.

use super::*;
use proptest::{prop_assert, proptest};

const PAGES: &str = include_str!("../../scenarios/page-sync.toml");
const RUSH: &str = include_str!("../../scenarios/rush.toml");

fn said(text: &str) -> String {
    match Scenario::parse("my.toml", text) {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is gone from the scenario");
    said(&text.replacen(from, to, 1))
}

#[test]
fn every_builtin_scenario_and_variant_parses_and_goes_by_its_own_name() {
    for (name, text) in BUILTIN {
        let parsed = Scenario::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((parsed.name.as_str(), Scenario::builtin(name)), (*name, Some(parsed.clone())));
        for (variant, scenario) in parsed.variants() {
            assert_eq!(scenario.name, format!("{name}/{variant}"));
            assert!(scenario.variants().is_empty());
        }
    }
    assert_eq!(Scenario::builtin("page-sink"), None);
}

#[test]
fn page_sync_is_what_the_issue_says() {
    let scenario = Scenario::builtin("page-sync").unwrap();
    assert_eq!(scenario.start.to_string(), "2026-02-02T12:20:00Z");
    let work = scenario.works().next().unwrap();
    let workers = crate::value::Whole::of(50);
    assert_eq!((work.count.unwrap().get(), work.arrive), (40_000, Some(Arrive::Backlog { workers })));
    let quota = scenario.server.quota.as_ref().unwrap();
    assert_eq!((quota.points_per_hour(), quota.used_points.unwrap().get()), (65_000, 20_000));
    assert_eq!(scenario.round_trip.get(), Millis(100));
}

#[test]
fn rush_is_what_the_issue_says() {
    let scenario = Scenario::builtin("rush").unwrap();
    let work = scenario.works().next().unwrap();
    assert_eq!((work.users.unwrap().get(), work.arrive), (7_000, Some(Arrive::Within(Span::of(1_000)))));
    assert_eq!(scenario.server.invocations.as_ref().unwrap().profile, crate::server::spec::ProfileName::ForgeRfc130);
    let strangers = &scenario.variants()[0].1;
    assert_eq!((strangers.fleet.each, &strangers.server), (Each::User, &scenario.server));
}

#[test]
fn the_documented_example_is_a_scenario() {
    let text: String = include_str!("mod.rs")
        .lines()
        .skip_while(|line| !line.ends_with("```toml"))
        .skip(1)
        .take_while(|line| !line.ends_with("```"))
        .map(|line| line.trim_start_matches("//!").to_owned() + "\n")
        .collect();
    let scenario = Scenario::parse("doc", &text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((scenario.work.len(), scenario.faults.len(), scenario.variants().len()), (1, 1, 1));
    let bare = text.lines().filter(|line| !line.contains("Default")).collect::<Vec<_>>().join("\n");
    let bare = Scenario::parse("doc", &bare).unwrap_or_else(|error| panic!("{error}"));
    // Where they stand differs, what they say does not.
    let gist = |scenario: &Scenario| {
        let work = scenario.works().next().map(|work| (work.auth, work.frontend, work.keep_alive, work.objects));
        (scenario.span, scenario.round_trip, scenario.fleet.clone(), work, scenario.client.clone())
    };
    assert_eq!(gist(&bare), gist(&scenario), "the defaults are the documented ones");
}

#[test]
fn a_wrong_line_is_told_with_its_place_its_text_and_the_next_step() {
    for (from, to, want) in [
        ("count = 40", "cuont = 40", "my.toml:22:1: unknown key `cuont`: did you mean `count`?"),
        ("[clien", "[lien", "my.toml:27:2: unknown key `lient`: did you mean `client`?"),
        ("name = \"page-sync\"", "", "my.toml:1:1: missing field `name`: add it"),
        ("= 40_000", "= 4.5", "my.toml:22:9: `4.5` does not fit: use a whole number from 1 to 5000000"),
        ("= 40_000", "= \"4\"", "my.toml:22:9: `\"4\"` does not fit: use a whole number from 1 to 5000000"),
        ("= 40_000", "= 0", "my.toml:22:9: `0` is out of range: use 1 to 5000000"),
        ("\"100 ms\"", "100", "my.toml:8:14: `100` has no unit: write \"100 s\", or ms, min, h or d"),
        ("\"100 ms\"", "\"2 min\"", "my.toml:8:14: `2 min` is out of range: use \"1 ms\" to \"60000 ms\""),
        (
            "\"2026-02-02T12:20:00Z\"",
            "\"yesterday\"",
            "my.toml:7:9: `start` is `yesterday`: use an instant of the years 2000 to 2100 such as `2026-02-02T12:20:00Z`",
        ),
        (
            "\"page-sync\"",
            "\"Page\\nsync\"",
            "my.toml:4:8: `name` is `Page sync`: use 1 to 40 lowercase letters, digits and dashes",
        ),
        ("backlog =", "backlg =", "my.toml:23:12: unknown value `backlg`: did you mean `backlog`?"),
        (
            "\"GET /",
            "\"FETCH /",
            "my.toml:20:11: `FETCH /wiki/rest/api/content/{n}` is no request: use a method and a path, such as \"GET /wiki/rest/api/content/{n}\"",
        ),
        ("{n}", "{m}", "my.toml:20:11: unknown placeholder `{m}`: did you mean `{n}`?"),
        ("points = 65_000, used", "points = 1, used", "my.toml:12:20: `1` is out of range: use 2 to 10000000"),
    ] {
        assert_eq!(changed(PAGES, from, to), want);
    }
}

#[test]
fn tables_that_do_not_fit_each_other_are_told_apart() {
    let copy = "arrive = { backlog = { workers = 50 } }";
    for (to, want) in [
        ("", "my.toml:17:1: work `copy` needs exactly one of `arrive` and `after`"),
        (
            &format!("{copy}\ninvoke = \"f\""),
            "my.toml:17:1: work `copy` needs exactly one of `request`, `graphql` and `invoke`",
        ),
        (&format!("{copy}\ntrigger = \"ui\""), "my.toml:17:1: work `copy` has a `trigger` but no `invoke`: remove it"),
        (&format!("{copy}\ntimes = 2"), "my.toml:17:1: work `copy` has `times` but no `after`: remove it"),
        (&format!("{copy}\ntenants = 0"), "my.toml:24:11: `0` is out of range: use 1 to 100000"),
        (&format!("{copy}\nzipf = 0.3"), "my.toml:24:8: `0.3` is out of range: use 0 to 3 in steps of 0.25"),
        (
            &format!("{copy}\nobjects = {{ least = 3, most = 2 }}"),
            "my.toml:24:11: `least` is `3`, `most` is `2`: use the smaller number as `least`",
        ),
        (&format!("{copy}\nobjects = -1"), "my.toml:24:11: `-1` is out of range: use 0 to 100000"),
        (
            &format!("{copy}\npriority = \"interactiv\""),
            "my.toml:24:12: unknown value `interactiv`: did you mean `interactive`?",
        ),
        (
            &format!("{copy}\nbegins_after = \"25 h\""),
            "my.toml:17:1: work `copy` begins after the `span`: make the span longer than `90000001 ms`",
        ),
    ] {
        assert_eq!(changed(PAGES, copy, to), want);
    }
}

#[test]
fn chains_fleets_faults_and_variants_that_do_not_fit_are_told_apart() {
    let copy = "arrive = { backlog = { workers = 50 } }";
    let more = |rest: &str| format!("{copy}\n[[work]]\nname = \"more\"\nrequest = \"GET /\"\n{rest}");
    for (to, want) in [
        (&more("arrive = \"at_once\""), "my.toml:24:1: work `more` has no `count`: add it"),
        (&more("after = \"cpoy\""), "my.toml:27:9: unknown work `cpoy`: did you mean `copy`?"),
        (
            &more("after = \"more\""),
            "my.toml:27:9: the chain of `after` from work `more` is a circle: remove one of them",
        ),
        (
            &more("after = \"copy\"\ncount = 1"),
            "my.toml:24:1: work `more` comes after another: remove `count` and `begins_after`, use `times`",
        ),
        (
            &more("after = \"copy\"\ntimes = 1_000"),
            "my.toml:17:1: `40040000` jobs may come in all: make the work less, at most 5000000",
        ),
        (
            &more("arrive = { every = \"1 ms\" }\ncount = 10"),
            "my.toml:17:1: `864040000` jobs may come in all: make the work less, at most 5000000",
        ),
        (
            &more("after = \"copy\"\n[fleet]\neach = \"user\""),
            "my.toml:17:1: work `copy` has no `users`, but each of them is a client: add it",
        ),
        (&format!("{copy}\n[fleet]\nnodes = 0"), "my.toml:25:9: `0` is out of range: use 1 to 10000"),
        (
            &format!("{copy}\n[fleet]\ncrash = {{ every = \"1 min\", down = \"1 h\" }}"),
            "my.toml:25:9: `down` is `3600000 ms` and `every` is `60000 ms`: make `down` less than `every`",
        ),
        (
            &format!("{copy}\n[[fault]]\nname = \"f\"\nthen = \"dorp\""),
            "my.toml:26:8: unknown value `dorp`: did you mean `drop`?",
        ),
        (
            &format!("{copy}\n[[fault]]\nname = \"f\"\nthen = \"drop\"\non = {{ every = 0 }}"),
            "my.toml:27:16: `0` is out of range: use 1 to 1000000",
        ),
        (
            &format!("{copy}\n[[fault]]\nname = \"f\"\nthen = \"drop\"\non = {{ work = \"coyp\" }}"),
            "my.toml:27:15: unknown work `coyp`: did you mean `copy`?",
        ),
        (
            &format!("{copy}\n[[fault]]\nname = \"f\"\nthen = \"drop\"\non = {{ every = 2, per_mille = 3 }}"),
            "my.toml:25:8: fault `f` has both `every` and `per_mille`: remove one of them",
        ),
        (
            &format!("{copy}\n[[variant]]\nname = \"v\"\nserver.invocations.profile = \"forge-rfc13\""),
            "my.toml:26:30: unknown value `forge-rfc13`: did you mean `forge-rfc130`?",
        ),
    ] {
        assert_eq!(changed(PAGES, copy, to), want);
    }
    let twice = format!("{PAGES}\n[[work]]\nname = \"copy\"\nrequest = \"GET /\"\nafter = \"copy\"\n");
    assert!(said(&twice).ends_with("there are two `[[work]]` of the name `copy`: give one another name"));
    let crowd = changed(RUSH, "arrive = { within = \"1 s\" }", "arrive = { backlog = { workers = 1 } }");
    assert!(crowd.contains("work `open the app` is a backlog, but each user is a client"), "{crowd}");
    let unserved = changed(PAGES, "request = \"GET /wiki/rest/api/content/{n}\"", "invoke = \"f\"");
    assert!(unserved.ends_with("work `copy` has `invoke`, but a server has no `invocations`: add them to it"));
    let unserved = changed(RUSH, "invoke = \"getText\"\ntrigger = \"ui\"", "request = \"GET /\"");
    assert!(unserved.ends_with("a server has nothing but `invocations`: add a limit on requests"), "{unserved}");
    let (none, _) = PAGES.split_once("[[work]]").unwrap();
    assert_eq!(said(none), "my.toml:1:1: missing field `work`: add it");
    assert_eq!(
        said(&none.replacen("[server]", "work = []\n[server]", 1)),
        "my.toml:1:1: there is no `[[work]]`: add one"
    );
}

#[test]
fn work_without_a_tenant_is_on_the_only_one_there_is_and_must_say_which_if_there_are_several() {
    let more = |name: &str, rest: &str| {
        format!("[[work]]\nname = \"{name}\"\nrequest = \"GET /\"\nafter = \"copy\"\n{rest}\n")
    };
    let with = |works: &[String]| changed(PAGES, "[client]", &[works.concat().as_str(), "[client]"].concat());
    assert_eq!(with(&[more("a", "")]), "ok");
    assert_eq!(with(&[more("a", "tenant = \"docs\""), more("b", "")]), "ok");
    assert_eq!(with(&[more("a", "tenant = \"acme\""), more("b", "tenant = \"docs\"\ntenants = 9")]), "ok");
    for several in ["tenant = \"acme\"", "tenant = \"docs\"\ntenants = 2"] {
        let want = "my.toml:27:1: work `a` has no `tenant`, but other work is on several: add it";
        assert_eq!(with(&[more("a", ""), more("b", several)]), want);
    }
    let of = |text: &str| {
        let scenario = Scenario::parse("my.toml", text).unwrap();
        scenario.works().map(|work| scenario.tenant_of(work).to_owned()).collect::<Vec<_>>()
    };
    let (unnamed, named) = (more("a", ""), "tenant = \"docs\"\n");
    let before = PAGES.replacen("[client]", &[unnamed.as_str(), "[client]"].concat(), 1);
    assert_eq!(of(&before), ["docs", "docs"]);
    assert_eq!(of(&before.replacen(named, "", 1)), ["tenant", "tenant"]);
}

#[test]
fn a_client_may_be_told_nothing() {
    let (text, _) = PAGES.split_once("[client]").unwrap();
    assert_eq!(Scenario::parse("my.toml", text).unwrap().client, ClientSpec::default());
}

proptest! {
    #[test]
    fn no_text_panics_and_an_error_is_one_line(text in "(\\PC|[\\[\\]\n\t=\"`.{}]){0,60}", at in 0_usize..1_500) {
        let mut cut = PAGES.to_owned();
        cut.truncate(at.min(cut.len()));
        for text in [text.clone(), cut + &text] {
            prop_assert!(said(&text).lines().count() == 1);
        }
    }
}
