//! `headroom simulate` as a person or a script meets it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn headroom(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headroom"));
    command.arg("simulate").args(arguments);
    command
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn bad_input_is_one_line_that_names_it_and_the_next_step_with_exit_code_2() {
    let broken = file("broken.toml");
    std::fs::write(&broken, "name = \"x\"\nstrat = 1\n").unwrap();
    let broken = broken.to_str().unwrap();
    let directory = env!("CARGO_TARGET_TMPDIR");
    for (arguments, said) in [
        (&["page-sink"][..], "unknown scenario `page-sink`: did you mean `page-sync`? there are `page-sync`, `rush`"),
        (&["banana"], "unknown scenario `banana`: there are `page-sync`, `rush`, "),
        (&["rush/stranger"], "unknown variant `stranger` of scenario `rush`: did you mean `strangers`?"),
        (&["page-sync/half"], "unknown variant `half` of scenario `page-sync`: it has none"),
        (&["nowhere.toml"], "cannot read the scenario `nowhere.toml`: it does not exist; name another file or one of"),
        (&[broken], "broken.toml:2:1: unknown key `strat`: did you mean `start`?"),
        (
            &["rush", "--strategy", "banana"],
            "unknown strategy `banana`: there are `headroom`, `headroom-native`, `atlassian-docs`",
        ),
        (&["rush", "--strategy", "nome"], "unknown strategy `nome`: did you mean `none`?"),
        (&["rush", "--seed", "x"], "invalid value `x` for `--seed <N>`"),
        (&["rush", "--sed", "1"], "unexpected argument `--sed` found; a similar argument exists: `--seed`"),
        (&["rush", "--component", "nowhere.wasm"], "`nowhere.wasm`: it does not exist; run `cargo xtask build-guest`"),
        (&["rush", "--strategy", "none", "--trace", directory], "it is a directory; name another file"),
        (
            &[],
            "the following required arguments were not provided: <SCENARIO[/VARIANT]|FILE.toml>: run `headroom simulate",
        ),
    ] {
        let output = headroom(arguments);
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        assert_eq!((output.status.code(), out), (Some(2), ""), "{arguments:?}: {error}");
        assert!(error.starts_with("error: ") && error.lines().count() == 1, "{arguments:?}: {error}");
        assert!(error.contains(said), "{arguments:?}: {error}\nwanted: {said}");
    }
}

/// Runs `rush` with these bytes as the component, and gives what is said on standard error.
fn refused_component(name: &str, bytes: &[u8]) -> String {
    let path = file(name);
    std::fs::write(&path, bytes).unwrap();
    let output = headroom(&["rush", "--strategy", "headroom", "--component", path.to_str().unwrap()]);
    let error = text(&output.stderr).to_owned();
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{name}: {error}");
    assert!(error.starts_with("error: ") && error.lines().count() == 1, "{name}: {error}");
    error
}

#[test]
fn a_component_that_cannot_be_used_is_one_line_with_exit_code_2() {
    let components = Path::new(env!("CARGO_BIN_EXE_headroom")).ancestors().nth(2).unwrap().join("components");
    let planner = std::fs::read(components.join("headroom-planner.wasm")).expect("run `cargo xtask build-guest`");
    for (name, bytes, said) in [
        ("empty.wasm", &b""[..], "no WebAssembly component: only 0 bytes"),
        ("text.wasm", b"not wasm at all", "it does not begin as WebAssembly does"),
        ("module.wasm", b"\0asm\x01\0\0\0", "it is a core module"),
        ("cut.wasm", &planner[..planner.len() / 2], "build one with `cargo xtask build-guest`"),
        ("planner.wasm", &planner, "it exports `headroom:forge/limiter@0.1.0`, but world `client` was asked for"),
    ] {
        let error = refused_component(name, bytes);
        assert!(error.contains(said), "{name}: {error}\nwanted: {said}");
        assert!(error.contains(name), "{name} is not named: {error}");
    }
}

#[test]
fn without_a_component_beside_the_program_it_says_what_to_run() {
    let folder = file("alone");
    std::fs::create_dir_all(&folder).unwrap();
    let program = folder.join("headroom-copy");
    std::fs::copy(env!("CARGO_BIN_EXE_headroom"), &program).unwrap();
    let output = Command::new(&program).args(["simulate", "rush"]).output().unwrap();
    let error = text(&output.stderr);
    assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{error}");
    assert!(error.contains("headroom-client.wasm`: it does not exist; run `cargo xtask build-guest`"), "{error}");
}

/// Linux alone has a file that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_trace_that_cannot_be_written_breaks_the_run_off_with_exit_code_1() {
    for strategy in ["headroom", "none"] {
        let output = headroom(&["rush", "--strategy", strategy, "--trace", "/dev/full"]);
        let error = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""), "{error}");
        assert!(
            error.starts_with(&format!("error: strategy `{strategy}`: the trace could not be written: ")),
            "{error}"
        );
        assert_eq!((error.lines().count(), error.matches("could not be written").count()), (1, 1), "{error}");
    }
}

/// A scenario of this name and span, with this much work.
fn endless(name: &str, span: &str, work: &str) -> PathBuf {
    let path = file(&format!("{name}.toml"));
    let text = format!(
        "name = \"{name}\"\nabout = \"It does not end.\"\nstart = \"2026-02-02T12:00:00Z\"\nspan = \"{span}\"\n[server]\n\
         quota = {{ points = 2 }}\n[[work]]\nname = \"read\"\nrequest = \"GET /wiki/rest/api/content/{{n}}\"\n{work}\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_run_that_would_not_end_is_stopped_by_a_bound_and_says_so_and_the_others_go_on() {
    // One page an hour. 1,000 that ask every minute go round until 500 events for each are used up; 30 on ten nodes, which
    // may have more, until the hour of the span and 24 more are over.
    let circles = endless("circles", "24 h", "count = 1_000\narrive = { within = \"1 min\" }");
    let long = endless("long", "1 h", "count = 30\narrive = { within = \"1 min\" }\n[fleet]\nnodes = 10");
    let of_circles = "stopped after `550000` events: the client goes in circles";
    let of_long = "stopped after `25` hours of virtual time: make the work smaller";
    for (path, said) in [(circles, of_circles), (long, of_long)] {
        let strategy = "fixed-60s";
        let output = headroom(&[path.to_str().unwrap(), "--strategy", strategy, "--strategy", "none", "--json"]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{strategy}: {error}");
        assert_eq!(error, format!("error: strategy `{strategy}`: {said}\n"));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let stopped = &document["results"][0];
        assert_eq!((stopped["strategy"].as_str(), stopped["stopped"].as_str()), (Some(strategy), Some(said)));
        assert!(stopped["done"].is_null(), "there is no report of it: {stopped}");
        assert_eq!(document["results"][1]["done"].as_u64(), Some(1), "the next client is run all the same");
        assert!(document["results"][1].get("stopped").is_none());
    }
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let output =
        headroom(&["rush/strangers", "--strategy", "rfc130-sample", "--strategy", "none", "--json", "--seed", "7"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((document["scenario"].as_str(), document["seed"].as_u64()), (Some("rush/strangers"), Some(7)));
    let results = document["results"].as_array().unwrap();
    let names: Vec<_> = results.iter().filter_map(|result| result["strategy"].as_str()).collect();
    assert_eq!(names, ["rfc130-sample", "none"]);
    let finished: u64 = results.iter().filter_map(|result| result["finish_ms"].as_u64()).sum();
    assert_eq!(document["virtual_ms"].as_u64(), Some(finished));
    assert!(document["wall_ms"].is_u64() && document.as_object().is_some_and(|fields| fields.len() == 5));
    assert_eq!((results[1]["done"].as_u64(), results[1]["bound_ms"].as_u64()), (Some(300), Some(23_050)));
    assert!(results[1]["ratio"].is_null(), "items were lost");
}

#[test]
fn the_table_has_separators_and_a_line_about_time_and_no_colour_in_a_pipe() {
    let output = headroom(&["page-sync", "--strategy", "none"]);
    let out = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    for part in ["strategy", "8,090", "31,910", "0:01:20.000", "0:42:54.050", "of virtual time in"] {
        assert!(out.contains(part), "`{part}` is missing:\n{out}");
    }
    assert!(!out.contains('\u{1b}'), "{out:?}");
}

#[test]
fn the_same_seed_gives_the_same_trace_under_one_header() {
    let trace = |name: &str, seed: &str| {
        let path = file(name);
        let to = path.to_str().unwrap();
        let output = headroom(&[
            "rush/strangers",
            "--strategy",
            "rfc130-sample",
            "--strategy",
            "none",
            "--seed",
            seed,
            "--trace",
            to,
        ]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        std::fs::read_to_string(&path).unwrap()
    };
    let (first, second, other) = (trace("1.tsv", "1"), trace("2.tsv", "1"), trace("3.tsv", "2"));
    assert!(first == second && first != other);
    assert_eq!(first.matches("time_ms").count(), 1);
    assert!(first.starts_with("time_ms\tstrategy\tnode\tevent\t"));
    assert!(first.contains("\trfc130-sample\t0\tsend\t") && first.contains("\tnone\t0\tsend\t"));
}

#[test]
fn early_sends_are_told_with_their_lines_of_the_trace() {
    let path = file("early-sends.tsv");
    let output = headroom(&["rush", "--strategy", "none", "--trace", path.to_str().unwrap()]);
    let trace = std::fs::read_to_string(&path).unwrap();
    let early: Vec<_> = trace.lines().filter(|line| line.contains("\tearly scope=")).collect();
    assert!(early.len() > 3_000);
    let told = format!("early: `none` {} times, first:\n{}\n", early.len(), early[..3].join("\n"));
    assert!(text(&output.stdout).replace("6,298", "6298").contains(&told), "{}\nwanted: {told}", text(&output.stdout));
    let output = headroom(&["rush", "--strategy", "none", "--strategy", "headroom-native", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [none, ours] = [0, 1].map(|place| document["results"][place]["first_early"].as_array().unwrap());
    let lines: Vec<_> = none.iter().filter_map(|early| early["line"].as_str()).collect();
    assert_eq!(
        (lines, none[0]["time_ms"].to_string()),
        (early[..3].to_vec(), early[0].split('\t').next().unwrap().to_owned())
    );
    assert!(ours.is_empty());
}

#[test]
fn below_the_table_stand_the_limits_that_refused_the_one_that_did_most_first() {
    let output = headroom(&["bad-day", "--strategy", "none", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let limits = document["results"][0]["refused_by"].as_object().unwrap();
    let mut limits: Vec<_> = limits.iter().map(|(limit, count)| (count.as_u64().unwrap(), limit)).collect();
    assert!(!limits.is_sorted_by_key(|(count, _)| std::cmp::Reverse(*count)), "by name it is another order");
    limits.sort_unstable_by(|one, other| other.cmp(one));
    let told: Vec<_> = limits.iter().map(|(count, limit)| format!("{count} by {limit}")).collect();
    let output = headroom(&["bad-day", "--strategy", "none"]);
    let out = text(&output.stdout).replace(',', "");
    assert!(out.contains(&format!("\nrefused: `none` {}\n", told.join(" "))), "{out}");
    let output = headroom(&["page-sync", "--strategy", "headroom-native"]);
    assert!(!text(&output.stdout).contains("refused: "), "nothing refused it");
}

#[test]
fn a_scenario_may_be_a_file() {
    let path = file("small.toml");
    let scenario =
        include_str!("../../sim/scenarios/page-sync.toml").replace("40_000", "10").replace("page-sync", "small");
    std::fs::write(&path, scenario).unwrap();
    let output = headroom(&[path.to_str().unwrap(), "--strategy", "atlassian-docs", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["scenario"], "small");
    assert_eq!((&document["results"][0]["done"], &document["results"][0]["ratio"]), (&10.into(), &1.0.into()));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child =
        command(&["page-sync", "--strategy", "none"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}

#[test]
fn help_has_examples() {
    let output = headroom(&["--help"]);
    assert!(output.status.success() && text(&output.stdout).contains("headroom simulate rush --strategy"));
}
