//! `headroom price` as a person or a script meets it.

use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn price(arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_headroom"))
        .arg("price")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

fn said(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn json_has_the_range_the_objects_the_template_and_its_source() {
    let document: Value =
        serde_json::from_str(&said(price(&["GET", "/wiki/api/v2/pages?limit=250", "--json"], ""))).unwrap();
    let source = document["source"].as_str().unwrap().to_owned();
    let want = json!({
        "points": 251, "low": 1, "high": 251, "base": 1,
        "objects": [{ "kind": "page", "count": 250, "points_each": 1 }],
        "template": "/wiki/api/v2/pages", "confidence": "assumed", "source": source, "counted": false,
    });
    assert_eq!(document, want);
    assert!(source.contains("REST API v2") && source.ends_with(", 2026-07-21"), "{source}");
}

#[test]
fn people_read_one_sentence_the_reckoning_and_the_source() {
    let documented = "source: Confluence rate limiting page, 2025-12-12 (documented)\n";
    let text = said(price(&["GET", "/wiki/rest/api/user?accountId=557058:12345678-abcd-1234"], ""));
    assert_eq!(text, format!("costs 3 points\n= 1 base + 1 user × 2\ntemplate: /wiki/rest/api/user\n{documented}"));
    let text = said(price(&["put", "/wiki/rest/api/content/123456"], ""));
    assert_eq!(text, format!("costs 1 point\n= 1 base\ntemplate: /wiki/rest/api/content/{{id}}\n{documented}"));
    let text = said(price(&["GET", "/wiki/api/v2/pages"], ""));
    assert!(text.starts_with("costs 26 points, between 1 and 26\n= 1 base + 25 page × 1\n"), "{text}");
    let text = said(price(&["GET", "/somewhere/else"], ""));
    assert!(text.contains("template: none that we know\n") && text.ends_with("(assumed)\n"), "{text}");
}

#[test]
fn an_answer_is_counted_from_a_file_or_from_standard_input() {
    let members = r#"{"results":[{"accountId":"a"},{"accountId":"b"},{"accountId":"c"}],"size":3}"#;
    let target = "/wiki/rest/api/group/devs/member";
    let text = said(price(&["GET", target, "--response", "-"], members));
    assert!(text.starts_with("cost 7 points\n= 1 base + 3 user × 2\n"), "{text}");
    let named = file("members.json", members);
    assert_eq!(said(price(&["GET", target, "--response", &named], "")), text);
    let text = said(price(&["GET", target, "--response", "-"], r#"{"message":"not allowed"}"#));
    assert!(text.starts_with("costs 401 points, between 1 and 401\n") && text.contains("\nnote: the response lacks"));
}

const COSTS: &str = r#"
[sources.ours]
title = "our own measurement"
date = "2026-11-20"
confidence = "measured"

[kinds]
page = { class = "core", points_each = 5 }
board = { class = "core" }

[[group]]
source = "ours"
under = "/rest/agile/1.0"
rows = [
  { path = "/board/{id}", kind = "board", returns = "whole", count = 7, list = "boards" },
]
"#;

#[test]
fn rows_of_a_costs_file_win_and_its_kinds_hold_for_ours() {
    let costs = file("costs.toml", COSTS);
    let text = said(price(&["GET", "/rest/agile/1.0/board/7", "--costs", &costs], ""));
    assert!(text.starts_with("costs 8 points, between 1 and 10,001\n= 1 base + 7 board × 1\n"), "{text}");
    assert!(text.ends_with("source: our own measurement, 2026-11-20 (measured)\n"), "{text}");
    let text = said(price(&["GET", "/wiki/api/v2/pages/1", "--costs", &costs], ""));
    assert!(text.starts_with("costs 6 points\n= 1 base + 1 page × 5\n"), "{text}");
}

#[test]
fn the_costs_file_of_the_help_is_one() {
    let help = said(price(&["--help"], ""));
    let costs = help.split_once("rows win over ours:\n").unwrap().1;
    let costs = file("help.toml", costs);
    let text = said(price(&["GET", "/rest/agile/1.0/board?maxResults=3", "--costs", &costs], ""));
    assert!(text.starts_with("costs 4 points, between 1 and 4\n"), "{text}");
}

#[test]
fn bad_input_is_one_line_that_names_it_with_exit_code_2() {
    let kind = file("kind.toml", &COSTS.replace("kind = \"board\"", "kind = \"bored\""));
    let field = file("field.toml", &COSTS.replace("list = ", "lst = "));
    let syntax = file("syntax.toml", "[kinds\n");
    let twice = file("twice.toml", &COSTS.replace("rows = [", "rows = [\n  { path = \"/board/{x}\" },"));
    let date = file("date.toml", &COSTS.replace("2026-11-20", "yesterday"));
    let binary = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("binary.toml");
    std::fs::write(&binary, [0xff, 0xfe]).unwrap();
    let binary = binary.to_string_lossy().into_owned();
    let target = "/rest/agile/1.0/board/7";
    let cases: [(&[&str], &str); 14] = [
        (&[], "were not provided: <METHOD> <TARGET>: run `headroom price --help`"),
        (&["FETCH", target], "unknown method `FETCH`: use one of GET, POST"),
        (&["GET", " "], "the target is empty: give a path"),
        (&["GET", target, "--objects", "-3"], "invalid value `-3` for `--objects <N>`"),
        (&["GET", target, "--objects", "many"], "invalid value `many`"),
        (&["GET", target, "--objects", "3", "--response", "-"], "cannot be used with"),
        (&["GET", target, "--response", "nowhere.json"], "`nowhere.json`: it does not exist"),
        (&["GET", target, "--response", "-"], "the response `-` is no JSON"),
        (&["GET", target, "--costs", &kind], "line 15, column 34: unknown kind `bored`: use one of other, "),
        (&["GET", target, "--costs", &field], "line 15, column 73: unknown field `lst`, expected one of `path`"),
        (&["GET", target, "--costs", &syntax], "line 1, column 7: "),
        (&["GET", target, "--costs", &twice], "line 16, column 12: `/rest/agile/1.0/board/{id}` stands twice"),
        (&["GET", target, "--costs", &date], "line 4, column 8: `yesterday` is no date"),
        (&["GET", target, "--costs", &binary], "is no text in UTF-8"),
    ];
    for (arguments, wanted) in cases {
        let output = price(arguments, "<html>");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {error}");
        assert!(error.starts_with("error: ") && error.lines().count() == 1, "{arguments:?}: {error}");
        assert!(error.contains(wanted), "{arguments:?}: {error}\nwanted: {wanted}");
    }
}

#[test]
fn graphql_that_is_wrong_is_one_line_with_its_place_and_exit_code_2() {
    let document = file("broken.graphql", "query {\n  page(id: 1) { title \n");
    let good = file("good.graphql", "query Q($n: Int) { pages(first: $n) { nodes { id } } }");
    let variables = file("broken.json", "{\"n\": ");
    for (arguments, said) in [
        (&["--graphql", &document][..], "invalid GraphQL at line"),
        (&["--graphql", &good, "--variables", &variables], "invalid variables at line 1"),
        (&["--graphql", "/no/such.graphql"], "`/no/such.graphql`: it does not exist"),
        (&["--graphql", &good, "--objects", "5"], "cannot be used with"),
        (&["--variables", &variables], "--graphql"),
        (&["--graphql", "-"], "invalid GraphQL"),
    ] {
        let output = price(arguments, "");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {error}");
        assert!(error.starts_with("error: ") && error.lines().count() == 1, "{arguments:?}: {error}");
        assert!(error.contains(said), "{arguments:?}: {error}\nwanted: {said}");
    }
}

#[test]
fn people_read_what_each_operation_costs() {
    let two = file("two.graphql", "query A { page(id: 1) { id } } mutation B { deletePage(id: 1) { id } }");
    let text = said(price(&["--graphql", &two], ""));
    assert!(text.starts_with("query A costs 2 points, between 1 and 2\n= 1 base + 1 core × 1\nsource: "), "{text}");
    assert!(text.contains("\nmutation B costs 1 point\n= 1 base\nsource: "), "{text}");
}
