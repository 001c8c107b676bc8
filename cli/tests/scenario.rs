//! `headroom scenario` as a person meets it.

use std::path::PathBuf;
use std::process::{Command, Output};

fn headroom(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_headroom")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_scenario_to_begin_with_is_one_and_a_wrong_key_in_it_is_named_with_its_place() {
    let new = headroom(&["scenario", "new"]);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("begin.toml");
    std::fs::write(&path, &new.stdout).unwrap();
    let file = path.to_str().unwrap();
    let checked = headroom(&["scenario", "check", file]);
    assert_eq!((checked.status.code(), text(&checked.stderr)), (Some(0), ""));
    assert!(text(&checked.stdout).ends_with("they can be run\n"), "{}", text(&checked.stdout));
    std::fs::write(&path, text(&new.stdout).replacen("about =", "abuot =", 1)).unwrap();
    let refused = headroom(&["scenario", "check", file]);
    assert_eq!((refused.status.code(), text(&refused.stdout)), (Some(2), ""));
    assert!(text(&refused.stderr).contains("begin.toml:2:1: unknown key `abuot`: did you mean `about`?"));
}

#[test]
fn every_scenario_and_variant_that_the_list_names_can_be_checked() {
    let list = headroom(&["scenario", "list"]);
    let names: Vec<&str> = text(&list.stdout).lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 15 && names.contains(&"rush/strangers"), "{names:?}");
    for name in names {
        assert_eq!(headroom(&["scenario", "check", name]).status.code(), Some(0), "{name}");
    }
}
