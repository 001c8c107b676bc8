//! The house rules that no compiler knows.

use headroom_tests::root;
use std::path::{Path, PathBuf};
use std::process::Command;
use toml::Value;

/// Files that git tracks, or would track.
fn files() -> Vec<PathBuf> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").current_dir(root()).args(list).output().expect("git lists the files");
    assert!(output.status.success(), "git ls-files failed");
    let text = String::from_utf8(output.stdout).expect("paths are text");
    text.lines().map(PathBuf::from).filter(|file| root().join(file).is_file()).collect()
}

fn has_extension(file: &Path, extensions: &[&str]) -> bool {
    file.extension().is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted))
}

fn text(file: &Path) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_default()
}

#[test]
fn no_source_file_is_longer_than_400_lines() {
    for file in files().iter().filter(|file| has_extension(file, &["rs", "js", "mjs", "ts", "wit"])) {
        // One type after the other, each with its text: the vocabulary is one list.
        if file.ends_with("wit/types.wit") {
            continue;
        }
        let lines = text(file).lines().count();
        assert!(lines <= 400, "{} has {lines} lines", file.display());
    }
}

#[test]
fn nothing_unfinished_or_switched_off_is_left() {
    // Put together here so that this file does not find itself.
    let marks = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    let marks =
        marks.into_iter().chain(["#[ign".to_owned() + "ore", "FIX".to_owned() + "ME", ".on".to_owned() + "ly("]);
    let marks: Vec<_> = marks.collect();
    for file in files().iter().filter(|file| has_extension(file, &["rs", "js", "mjs", "ts"])) {
        let text = text(file);
        let found = marks.iter().find(|mark| text.contains(mark.as_str()));
        assert_eq!(found, None, "{}", file.display());
    }
}

#[test]
fn no_path_of_a_machine_is_committed() {
    let folders = ["work", "root", "tmp", "home", "Users"].map(|name| format!("/{name}/"));
    for file in files().iter().filter(|file| !has_extension(file, &["lock"])) {
        for (number, line) in text(file).lines().enumerate() {
            let found = folders.iter().find(|folder| {
                let before = line.find(folder.as_str()).map(|at| line[..at].chars().next_back());
                // Within a longer path or address it is a name like any other.
                before.is_some_and(|before| before.is_none_or(|c| !c.is_alphanumeric() && !"_.}/$-*".contains(c)))
            });
            assert_eq!(found, None, "{}:{}: {line}", file.display(), number + 1);
        }
    }
}

fn manifest(folder: &str) -> Value {
    toml::from_str(&text(&Path::new(folder).join("Cargo.toml"))).expect("a manifest is TOML")
}

/// The headroom crates that a crate depends on, in any table.
fn arrows(folder: &str, tables: &[&str]) -> Vec<String> {
    let manifest = manifest(folder);
    let named = tables.iter().filter_map(|table| manifest.get(table)?.as_table());
    let mut found: Vec<_> = named
        .flat_map(|table| table.keys())
        .filter_map(|name| name.strip_prefix("headroom-").map(str::to_owned))
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_arrows_between_the_crates_are_those_of_the_architecture() {
    const ALL: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];
    for (folder, wanted) in [
        ("model", &[][..]),
        ("core", &["model"]),
        ("sim", &["model"]),
        ("guest", &["core", "model"]),
        ("serve", &["model", "sim"]),
        ("host", &["model", "sim"]),
        ("cli", &["core", "host", "model", "serve", "sim"]),
        ("bench", &["cli", "core", "host", "model", "serve", "sim"]),
        ("xtask", &[]),
    ] {
        assert_eq!(arrows(folder, ALL), wanted, "{folder}");
    }
    let optional = |name: &str| manifest("host")["dependencies"][name].get("optional").and_then(Value::as_bool);
    assert_eq!(
        (optional("headroom-sim"), optional("headroom-model")),
        (Some(true), Some(true)),
        "an embedder does not pay for the harness"
    );
}

#[test]
fn the_pure_crates_ban_the_same_things() {
    let bans = text(Path::new("model/clippy.toml"));
    assert!(bans.matches("reason = ").count() >= 10, "each ban says why");
    for folder in ["core", "sim"] {
        assert_eq!(text(&Path::new(folder).join("clippy.toml")), bans, "{folder}/clippy.toml");
    }
}

#[test]
fn unsafe_code_is_in_one_place_and_every_crate_has_the_same_lints() {
    // Put together here so that this file does not find itself. The guest's bindings need it, and are generated.
    let mark = "unsafe ".to_owned() + "{";
    let rust = files().into_iter().filter(|file| has_extension(file, &["rs"]) && !file.starts_with("guest"));
    let found: Vec<_> = rust.flat_map(|file| vec![file.clone(); text(&file).matches(&mark).count()]).collect();
    assert_eq!(found, [Path::new("host/src/cache.rs")]);

    let workspace = manifest(".");
    for member in workspace["workspace"]["members"].as_array().expect("a list").iter().filter_map(Value::as_str) {
        if member != "host" {
            assert_eq!(manifest(member)["lints"]["workspace"], Value::Boolean(true), "{member}");
        }
    }
    let mut lints = workspace["workspace"]["lints"].clone();
    assert_eq!(lints["rust"]["unsafe_code"].as_str(), Some("forbid"));
    lints["rust"]["unsafe_code"] = Value::from("deny");
    assert_eq!(manifest("host")["lints"], lints, "but that one place may be");
}

#[test]
fn every_crate_is_for_the_same_compiler_and_under_the_same_licence() {
    let workspace = &manifest(".")["workspace"]["package"];
    assert_eq!(workspace["rust-version"].as_str(), Some("1.95"));
    assert_eq!(workspace["license"].as_str(), manifest("guest")["package"]["license"].as_str());
    for file in ["Cargo.lock", "guest/Cargo.lock", "js/package-lock.json", "LICENSE-APACHE", "LICENSE-MIT"] {
        assert!(files().iter().any(|tracked| tracked == Path::new(file)), "{file} is missing");
    }
}

#[test]
fn nobody_is_told_to_install_a_package_that_is_not_ours() {
    let tools = ["cargo install", "cargo add", "npm install", "npm i", "pip install"];
    for file in files().iter().filter(|file| has_extension(file, &["md", "rs", "json"])) {
        for line in text(file).lines() {
            let told = tools.iter().find(|tool| {
                let command = format!("{tool} headroom");
                line.match_indices(&command).any(|(at, _)| !line[at + command.len()..].starts_with('-'))
            });
            // The rule itself has to name what it forbids.
            assert!(told.is_none() || file.ends_with("tests/tidy.rs"), "{}: {line}", file.display());
        }
    }
}
