//! `headroom plan` as a person or a script meets it.

use serde_json::{Value, json};
use std::process::{Command, Output};

fn plan(arguments: &str) -> Output {
    let arguments = arguments.split(' ').filter(|argument| !argument.is_empty());
    Command::new(env!("CARGO_BIN_EXE_headroom")).arg("plan").args(arguments).output().unwrap()
}

#[test]
fn json_has_the_points_the_formula_and_its_source() {
    let output = plan("--tier per-tenant --edition enterprise --users 15000 --json");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let want = json!({
        "points_per_hour": 500_000,
        "capped": true,
        "formula": "150000 + 30 × 15000 users, at most 500000",
        "source": "Confluence rate limiting page, 2025-12-12",
    });
    assert_eq!((output.status.code(), document), (Some(0), want));
}

#[test]
fn people_read_one_sentence_and_the_source() {
    for (arguments, sentence) in [
        ("--tier global", "65,000 points in each UTC hour (65000)"),
        (
            "--tier per-tenant --edition standard --users 2000",
            "120,000 points in each UTC hour (100000 + 10 × 2000 users)",
        ),
        ("--tier per-tenant --edition free", "65,000 points in each UTC hour (65000)"),
    ] {
        let output = plan(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().next(), Some(sentence), "{arguments}");
    }
}

#[test]
fn bad_input_is_one_line_that_names_it_with_exit_code_2() {
    for (arguments, said) in [
        ("", "were not provided: --tier <TIER>: run `headroom plan --help`"),
        ("--tier galactic", "invalid value `galactic` for `--tier <TIER>`"),
        ("--tier global --users 5", "tier `global` knows neither editions nor users"),
        ("--tier per-tenant", "tier `per-tenant` depends on the edition"),
        ("--tier per-tenant --edition gold", "invalid value `gold` for `--edition <EDITION>`"),
        ("--tier per-tenant --edition premium", "add `--users N`"),
        ("--tier per-tenant --edition premium --users -5", "invalid value `-5` for `--users <N>`"),
        ("--tier per-tenant --edition premium --users many", "invalid value `many` for `--users <N>`"),
    ] {
        let output = plan(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments}: {error}");
        assert!(error.starts_with("error: ") && error.lines().count() == 1, "{arguments}: {error}");
        assert!(error.contains(said), "{arguments}: {error}\nwanted: {said}");
    }
}
