//! Golden cases: a folder each, a scenario in it and what comes of it. `BLESS=1` writes what is there now.

use headroom_host::harness;
use headroom_sim::{Report, Scenario, run, strategy};
use headroom_tests::{component, root};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn cases() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("tests/goldens")).expect("the goldens are in the repository");
    let mut cases: Vec<_> = folder.map(|case| case.expect("the folder can be read").path()).collect();
    cases.sort();
    cases
}

/// The file that a case must match, and its text.
fn outcome(case: &Path, component: &[u8]) -> (PathBuf, String) {
    let text = std::fs::read_to_string(case.join("scenario.toml")).expect("each case has a scenario");
    match Scenario::parse("scenario.toml", &text) {
        Ok(scenario) => (case.join("reports.json"), reports(&scenario, component)),
        Err(error) => (case.join("error.txt"), format!("{error}\n")),
    }
}

/// One report a line, the component's first.
fn reports(scenario: &Scenario, component: &[u8]) -> String {
    let mut reports: Vec<Report> = vec![harness::run(scenario, component, 1, None).expect("the run ends")];
    for name in strategy::fitting(scenario) {
        let mut make = |node| strategy::builtin(name, run::node_seed(1, node)).expect("it is built in");
        reports.push(run(scenario, &mut make, 1, None).expect("the run ends"));
    }
    reports.iter().fold(String::new(), |mut text, report| {
        writeln!(text, "{}", serde_json::to_string(report).expect("a report is JSON")).expect("a string takes it");
        text
    })
}

#[test]
fn every_golden_case_comes_out_as_it_is_written_down() {
    let component = component("client");
    let bless = std::env::var_os("BLESS").is_some_and(|value| value == "1");
    let mut differing = Vec::new();
    for case in cases() {
        let (file, now) = outcome(&case, &component);
        if bless {
            std::fs::write(&file, now).expect("the golden can be written");
            continue;
        }
        let before = std::fs::read_to_string(&file).unwrap_or_default();
        if now != before {
            differing.push(format!("{}:\n- {}+ {now}", file.display(), before.replace('\n', "\n- ")));
        }
    }
    assert!(differing.is_empty(), "look, then run again with BLESS=1:\n{}", differing.join("\n"));
}

#[test]
fn failures_are_among_the_goldens_and_each_is_one_line() {
    let errors: Vec<_> =
        cases().iter().filter_map(|case| std::fs::read_to_string(case.join("error.txt")).ok()).collect();
    assert!(errors.len() >= 5, "only {} failures", errors.len());
    for error in errors {
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.contains('`') && error.starts_with("scenario.toml:"), "{error}");
    }
}
