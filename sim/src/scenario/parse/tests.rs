//! What a person is told about a scenario that is wrong.

use super::*;
use proptest::{prop_assert, proptest};

const PAGES: &str = include_str!("../../../scenarios/page-sync.toml");
const RUSH: &str = include_str!("../../../scenarios/rush.toml");

fn said(text: &str) -> String {
    match parse("my.toml", text) {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is gone from the scenario");
    said(&text.replacen(from, to, 1))
}

#[test]
fn a_wrong_line_is_told_with_its_place_its_text_and_the_next_step() {
    for (from, to, want) in [
        ("in_flight = 50", "in_flght = 50", "my.toml:22:1: unknown key `in_flght`: did you mean `in_flight`?"),
        (
            "in_flight = 50",
            "banana = 1",
            "my.toml:22:1: unknown key `banana`: use one of `count`, `in_flight`, `users`, `arrive_over_ms`",
        ),
        ("in_flight = 50", "", "my.toml:19:1: `[work]` has no `in_flight`: add it"),
        ("[clien", "[lien", "my.toml:26:2: unknown key `lient`: did you mean `client`?"),
        ("name = \"page-sync\"", "", "my.toml:1:1: missing field `name`: add it"),
        (
            "= 40_000",
            "=",
            "my.toml:21:8: string values must be quoted, expected literal string, at `count =`: correct this line",
        ),
        ("= 40_000", "= 4.5", "my.toml:21:9: `4.5` is no whole number in range: write one, without quotes"),
        ("= 40_000", "= \"4\"", "my.toml:21:9: `\"4\"` is no whole number in range: write one, without quotes"),
        (
            "\"2026-02-02T12:20:00Z\"",
            "2026-02-02T12:20:00Z",
            "my.toml:7:9: `2026-02-02T12:20:00Z` is no text: put it in double quotes",
        ),
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
    ] {
        assert_eq!(changed(PAGES, from, to), want);
    }
}

#[test]
fn a_number_out_of_range_is_told_the_range() {
    for (key, value, range) in [
        ("count", "0", "1 to 5000000"),
        ("count", "5_000_001", "1 to 5000000"),
        ("count", "-1", "1 to 5000000"),
        ("in_flight", "0", "1 to 10000"),
        ("used_points", "65_001", "0 to 65000"),
        ("quota_points", "1", "2 to 10000000"),
        ("burst_per_second", "0", "1 to 100000"),
        ("burst_capacity", "0", "1 to 100000"),
        ("round_trip_ms", "0", "1 to 60000"),
    ] {
        let line = PAGES.lines().find(|line| line.starts_with(&format!("{key} ="))).unwrap();
        let got = changed(PAGES, line, &format!("{key} = {value}"));
        let want = format!("`{key}` is `{}`: use a number from {range}", value.replace('_', ""));
        assert!(got.ends_with(&want), "{got}");
    }
    assert!(changed(RUSH, "7_000\narrive", "1_000_001\narrive").ends_with("use a number from 1 to 1000000"));
    assert!(changed(RUSH, "= 1_000", "= 0").ends_with("use a number from 1 to 3600000"));
    assert!(changed(PAGES, "[client]", "[client]\ndeadline_ms = 0").ends_with("use a number from 1 to 2592000000"));
}

#[test]
fn parts_that_do_not_go_together_are_told_apart() {
    for (text, from, to, want) in [
        (PAGES, "count =", "users = 3\ncount =", "`[work]` has both `count` and `users`: remove one of them"),
        (PAGES, "count =", "users =", "`in_flight` does not go with `users`: remove it"),
        (RUSH, "users =", "count =", "`arrive_over_ms` does not go with `count`: remove it"),
        (
            RUSH,
            "users = 7_000\narrive_over_ms = 1_000",
            "count = 1\nin_flight = 1",
            "a `[server]` of `invocations` cannot serve a `count` of pages: give `[work]` a number of `users`",
        ),
        (
            PAGES,
            "count = 40_000\nin_flight = 50",
            "users = 1\narrive_over_ms = 1",
            "a `[server]` of points cannot serve `users`: give it `invocations`, or `[work]` a `count`",
        ),
        (RUSH, "[work]", "used_points = 1\n[work]", "`[server]` has both points and `invocations`: remove one of them"),
        (RUSH, "invocations = \"forge-rfc130\"", "", "`[server]` has no `quota_points` or `invocations`: add it"),
        (RUSH, "forge-rfc130\"", "forge-rfc13\"", "unknown `invocations` `forge-rfc13`: did you mean `forge-rfc130`?"),
        (RUSH, "[client]", "[client]\nburst_capacity = 1", "`[client]` has no `burst_per_second`: add it"),
    ] {
        let got = changed(text, from, to);
        assert!(got.ends_with(want), "{got}\nwanted: {want}");
    }
}

#[test]
fn a_client_may_be_told_nothing() {
    let (text, _) = PAGES.split_once("[client]").unwrap();
    assert_eq!(parse("my.toml", text).unwrap().client, ClientSpec::default());
}

proptest! {
    #[test]
    fn no_text_panics_and_an_error_is_one_line(text in "(\\PC|[\\[\\]\n\t=\"`.]){0,60}", at in 0_usize..600) {
        let mut cut = PAGES.to_owned();
        cut.truncate(at);
        for text in [text.clone(), cut + &text] {
            prop_assert!(said(&text).lines().count() == 1);
        }
    }
}
