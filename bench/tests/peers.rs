//! What the comparison with published clients claims, as far as it needs no Node: `cargo xtask test` runs the rest.

use std::process::Command;

fn peers(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_peers")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn published_crates_end_each_job_once_and_do_what_is_known_of_them() {
    peers(&["small", "crates"]);
}

#[test]
fn the_document_shows_configurations_versions_and_scenarios_as_they_are() {
    peers(&["check"]);
}
