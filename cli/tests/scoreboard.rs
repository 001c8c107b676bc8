//! `headroom scoreboard` as a person or a script meets it, with scenarios that take no time.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

fn headroom(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_headroom")).args(arguments).output().unwrap()
}

/// The scoreboard of two scenarios with three clients, and what else is asked.
fn board(more: &[&str]) -> Output {
    let mut asked = vec!["scoreboard", "--scenario", "svg-macro", "--scenario", "rush"];
    asked.extend(["headroom-native", "ignore-retry-after", "none"].map(|name| ["--strategy", name]).concat());
    asked.extend(more);
    let output = headroom(&asked);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    output
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The rows of the table under this heading, each as its cells.
fn rows<'a>(board: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, section) =
        board.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading}: {board}"));
    let table = section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    table.skip(2).map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn each_scenario_and_the_overview_have_a_row_for_each_client_in_the_order_asked() {
    let output = board(&[]);
    let board = text(&output.stdout);
    for heading in ["Overview", "svg-macro", "svg-macro/without-tunnel", "rush", "rush/strangers"] {
        let clients: Vec<_> = rows(board, heading).into_iter().map(|row| row[0]).collect();
        assert_eq!(clients, ["headroom-native", "ignore-retry-after", "none"], "{heading}");
    }
}

#[test]
fn the_overview_is_the_sum_of_the_scenarios() {
    let output = board(&["--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = document["results"].as_array().unwrap();
    let of_none = results.iter().filter(|result| result["strategy"] == "none");
    let lost: u64 = of_none.map(|result| result["lost"].as_u64().unwrap()).sum();
    assert!(lost > 13_400, "{lost}");
    let output = self::board(&[]);
    let overview = rows(text(&output.stdout), "Overview");
    assert_eq!(overview[2][2].replace(['*', ','], ""), lost.to_string(), "{overview:?}");
    assert_eq!((overview[0][1], overview[0][3]), ("4 of 4", "4 of 4"), "ours loses nothing and is never early");
}

#[test]
fn it_is_the_same_on_one_thread_and_on_several_and_has_its_seed_in_it() {
    let [one, two, many] = ["1", "2", "9"].map(|jobs| board(&["--jobs", jobs]).stdout);
    assert!(one == two && one == many && text(&one).contains(", seed 1."));
    let other = board(&["--seed", "2"]).stdout;
    assert!(one != other && text(&other).contains(", seed 2."));
}

#[test]
fn its_json_has_an_object_for_each_run_with_the_fields_of_simulate() {
    let document: Value = serde_json::from_slice(&board(&["--json"]).stdout).unwrap();
    assert_eq!(document["seed"], 1);
    let asked = ["simulate", "rush", "--strategy", "headroom-native", "--strategy", "ignore-retry-after"];
    let output = headroom(&[&asked[..], &["--strategy", "none", "--json"]].concat());
    let simulated: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = document["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[6..]), (12, &simulated["results"].as_array().unwrap()[..]));
}

#[test]
fn the_limits_that_refused_are_named_beside_their_number() {
    let output = board(&[]);
    let tunnel = rows(text(&output.stdout), "svg-macro");
    let [refused, by] = [tunnel[2][6], tunnel[2][7]];
    assert!(refused != "0" && by == format!("{refused} by tunnel-connections"), "{tunnel:?}");
    assert_eq!(rows(text(&output.stdout), "svg-macro/without-tunnel")[2][6..8], ["0", ""]);
}

#[test]
fn who_came_too_early_is_shown_with_the_line_of_the_trace() {
    let output = board(&[]);
    let early = rows(text(&output.stdout), "Early calls");
    let clients: Vec<_> = early.iter().map(|row| row[0]).collect();
    assert_eq!(clients, ["ignore-retry-after", "none"]);
    let trace = file("early.tsv");
    let asked = ["simulate", "rush", "--strategy", "none", "--trace", trace.to_str().unwrap()];
    assert!(headroom(&asked).status.success());
    let trace = std::fs::read_to_string(trace).unwrap();
    let first = trace.lines().find(|line| line.contains("\tearly scope=")).unwrap();
    assert_eq!(early[1][5], format!("`{}`", first.replace('\t', " ")));
}

#[test]
fn the_page_has_the_overview_first_and_every_scenario_after_it() {
    let page = file("board.html");
    let (out, json) = (file("board.md"), board(&["--json"]).stdout);
    let more = ["--html", page.to_str().unwrap(), "--out", out.to_str().unwrap(), "--json"];
    assert_eq!(board(&more).stdout, json, "files beside it change nothing");
    assert_eq!(std::fs::read(out).unwrap(), board(&[]).stdout);
    let page = std::fs::read_to_string(page).unwrap();
    let headings: Vec<_> = page.split("<h2>").skip(1).filter_map(|rest| rest.split("</h2>").next()).collect();
    let want = ["Overview", "Early calls", "svg-macro", "svg-macro/without-tunnel", "rush", "rush/strangers"];
    assert_eq!(headings, want);
    assert!(page.contains("href=\"#Early-calls\"") && page.contains("id=\"Early-calls\""));
    assert!(page.contains("<code>ratio</code>") && !page.contains('`'), "words in backticks are code");
}

#[test]
fn bad_input_is_one_line_that_names_it_and_the_next_step_with_exit_code_2() {
    for (more, said) in [
        (&["--jobs", "0"][..], "invalid value `0` for `--jobs <N>`"),
        (&["--scenario", "rush", "--scenario", "rush"], "two scenarios are called `rush`: ask for one of them"),
        (&["--scenario", "rusk"], "unknown scenario `rusk`: did you mean `rush`?"),
        (&["--scenario", "rush/strangers", "--strategy", "none", "--out", "nowhere/board.md"], "name another file"),
    ] {
        let output = headroom(&[&["scoreboard"], more].concat());
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        assert_eq!((output.status.code(), out), (Some(2), ""), "{more:?}: {error}");
        assert!(error.starts_with("error: ") && error.lines().count() == 1, "{more:?}: {error}");
        assert!(error.contains(said), "{more:?}: {error}\nwanted: {said}");
    }
}
