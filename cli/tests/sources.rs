//! `headroom sources` as a person or a script meets it.

use serde_json::{Value, json};
use std::process::{Command, Output};

fn sources(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_headroom")).arg("sources").args(arguments).output().unwrap()
}

fn listed(arguments: &[&str]) -> Vec<Value> {
    let output = sources(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn json_says_of_a_figure_all_that_is_known_of_it() {
    let want = json!({
        "id": "tier-1-points",
        "group": "points and quotas",
        "value": 65_000,
        "unit": "points/h",
        "what": "Tier 1, Global Pool: one quota for an app over all its tenants and all its copies.",
        "source": "Confluence rate limiting page",
        "date": "2025-12-12",
        "url": "https://developer.atlassian.com/cloud/confluence/rate-limiting/",
        "confidence": "documented",
        "use": "the client's default; printed by `headroom plan`; in scenario `page-sync`",
    });
    assert_eq!(listed(&["tier-1-points", "--json"]), [want]);
}

#[test]
fn every_figure_has_a_source_a_date_and_a_confidence() {
    let all = listed(&["--json"]);
    assert!(all.len() > 100, "only {}", all.len());
    for entry in all {
        for key in ["id", "group", "unit", "what", "source", "date", "confidence", "use"] {
            assert!(entry[key].as_str().is_some_and(|text| !text.is_empty()), "{key} of {entry}");
        }
        assert!(entry["value"].is_u64(), "{entry}");
    }
}

#[test]
fn the_filter_looks_into_name_group_and_meaning_in_any_case() {
    let ids = |filter: &str| -> Vec<String> {
        listed(&[filter, "--json"]).iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("PREMIUM-BASE"), ["tier-2-premium-base"]);
    assert!(ids("Seen in the field").contains(&"absurd-retry-after-secs".to_owned()));
    assert!(ids("tunnel session").contains(&"ngrok-connections-per-minute".to_owned()));
}

#[test]
fn people_get_a_table_for_each_group_no_wider_than_150_columns_and_without_colour() {
    let output = sources(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    for heading in ["points and quotas", "headers", "Forge", "retry code on Atlassian's pages", "seen in the field"] {
        assert!(text.lines().any(|line| line == heading), "{heading}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 150), "{text}");
    assert!(!text.contains('\u{1b}'), "colours are for terminals");
}

#[test]
fn where_nothing_fits_the_nearest_name_is_told_with_exit_code_2() {
    for (filter, said) in [
        ("tier-1-pionts", "did you mean `tier-1-points`?"),
        ("headerz", "did you mean `headers`?"),
        (
            "xyzzy\n\u{7}",
            "no figure has `xyzzy\\n\\u{7}` in its name, group or meaning: run `headroom sources` for all",
        ),
        (&"x".repeat(5_000), "run `headroom sources` for all"),
    ] {
        let output = sources(&[filter]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{error}");
        assert!(error.starts_with("error: ") && error.lines().count() == 1 && error.contains(said), "{error}");
    }
}
