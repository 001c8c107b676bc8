//! The texts say what is so: outputs shown in them are the outputs of today.

use headroom_model::facts::{self, NOT_YET, fidelity};
use headroom_tests::{component_path, program, root};
use std::process::Command;

/// Each `<!-- output: COMMAND -->` of a text with the fenced lines after it.
fn outputs(text: &str) -> Vec<(&str, Vec<&str>)> {
    const MARK: &str = "<!-- output: ";
    let mut found = Vec::new();
    for (at, _) in text.match_indices(MARK) {
        let (command, rest) = text[at + MARK.len()..].split_once(" -->").expect("the mark is closed");
        let body = rest.split("```").nth(1).expect("a fence follows");
        found.push((command, body.lines().skip(1).map(str::trim_end).collect()));
    }
    found
}

#[test]
fn the_tables_in_the_readme_are_what_the_program_prints() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let outputs = outputs(&text);
    assert!(outputs.len() >= 2, "the README shows {} outputs", outputs.len());
    for (command, shown) in outputs {
        let arguments = command.strip_prefix("headroom ").expect("only headroom's outputs are shown");
        let mut run = Command::new(program());
        run.args(arguments.split(' ')).current_dir(root());
        if arguments.starts_with("simulate ") {
            run.arg("--component").arg(component_path("client"));
        }
        let output = run.output().expect("it runs");
        let printed = String::from_utf8(output.stdout).expect("it prints text");
        // The last line tells wall time, which differs each time.
        let printed: Vec<_> = printed.lines().filter(|line| !line.contains("wall time")).map(str::trim_end).collect();
        assert_eq!(shown, printed, "`{command}` prints:\n{}", printed.join("\n"));
    }
}

/// `BLESS=1` writes what is so now.
#[test]
fn the_fidelity_document_is_what_the_facts_say() {
    let file = root().join("docs/fidelity.md");
    let now = fidelity::document();
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&file, &now).expect("the document can be written");
    }
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    let differing = before.lines().zip(now.lines()).find(|(before, now)| before != now);
    assert!(before == now, "docs/fidelity.md is not of today, first at {differing:?}: look, then run with BLESS=1");
}

/// All Rust code of the repository in which a fact may be used.
fn code() -> String {
    let folders = ["model/src", "core/src", "sim/src", "host/src", "guest/src", "cli/src", "serve/src"];
    let mut open: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut text = String::new();
    while let Some(path) = open.pop() {
        if path.is_dir() && !path.ends_with("model/src/facts") {
            let entries = std::fs::read_dir(&path).expect("the folder can be read");
            open.extend(entries.map(|entry| entry.expect("the folder can be read").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &std::fs::read_to_string(&path).expect("source is text");
        }
    }
    text
}

#[test]
fn no_fact_that_code_uses_is_said_to_be_unused() {
    let code = code();
    for row in facts::all().iter().filter(|row| row.usage == NOT_YET) {
        let name = row.id.to_ascii_uppercase().replace('-', "_");
        assert!(!code.contains(&format!("{name}.value")), "`{name}` is used: say how in its `usage`");
    }
}
