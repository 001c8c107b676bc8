//! The verbs, their help, and which of them a command line asks for.

use std::process::ExitCode;

use anyhow::Result;

use crate::layout::Layout;
use crate::{bootstrap, check, clients, demo, guest, js, peers};

/// One thing `cargo xtask` can do.
pub struct Verb {
    /// What is typed.
    pub name: &'static str,
    /// One line for the list.
    about: &'static str,
    /// What `cargo xtask <verb> --help` adds to it.
    details: &'static str,
    /// Does it. An `Err` is printed as one line and exits with 1.
    pub run: fn(&Layout) -> Result<ExitCode>,
}

/// What a command line asks for.
pub enum Request {
    /// Print this and exit with 0.
    Help(String),
    /// Run this verb.
    Run(&'static Verb),
}

const VERBS: &[Verb] = &[
    Verb {
        name: "demo",
        about: "build everything and run both scenarios, with a sentence on what each shows",
        details: "\
Runs bootstrap and build-guest first, then builds the `headroom` program.

Example:
  cargo xtask demo",
        run: |layout| demo::run(layout).map(|()| ExitCode::SUCCESS),
    },
    Verb {
        name: "test",
        about: "run every check and every test; the last line is the sum",
        details: "\
Bootstrap, components, JavaScript build, formatting, clippy, Rust tests, docs, the server's control and examples with
Python, pages in a browser, real clients, JavaScript tests.
A failing check does not stop the others. The last line of standard output reads
`N passed, N failed`, with `, N skipped` where something could not run. Exits with 1 if anything failed.

Example:
  cargo xtask test",
        run: check::run,
    },
    Verb {
        name: "bootstrap",
        about: "make a toolchain available that compiles to wasm32-unknown-unknown",
        details: "\
Stops at the first that works:
  1. the active toolchain already has the target;
  2. `rustup target add wasm32-unknown-unknown` (not when RUSTUP_AUTO_INSTALL is 0);
  3. Debian's own Rust, unpacked below target/toolchain/ without installing it;
  4. an error that says what to run.
A second run does nothing. To start over, remove target/toolchain/.

Example:
  cargo xtask bootstrap",
        run: |layout| bootstrap::run(layout).map(|_| ExitCode::SUCCESS),
    },
    Verb {
        name: "build-guest",
        about: "compile the components and write them to target/components/",
        details: "\
Runs bootstrap first. Writes headroom-planner.wasm, headroom-client.wasm, and
headroom-planner-fast.wasm: the planner for servers, larger and faster.

Example:
  cargo xtask build-guest && ls target/components",
        run: |layout| guest::run(layout).map(|()| ExitCode::SUCCESS),
    },
    Verb {
        name: "js",
        about: "build the npm package in js/ from the components",
        details: "\
Runs `npm ci` when the lock file is newer than what is installed, then `npm run build`.
Needs the components: run build-guest first. Without node and npm it says so and does nothing.

Example:
  cargo xtask build-guest && cargo xtask js",
        run: |layout| js::run(layout).map(|()| ExitCode::SUCCESS),
    },
    Verb {
        name: "clients",
        about: "run real clients against `headroom serve` and compare with docs/clients.md",
        details: "\
Needs the program: run `cargo build --workspace --bins` first. Installs the clients below target/ and tests/clients/.
With BLESS=1 it writes docs/clients.md. Without python3, node, npm or curl it says so and does nothing.

Example:
  cargo xtask clients",
        run: |layout| clients::run(layout).map(|()| ExitCode::SUCCESS),
    },
    Verb {
        name: "peers",
        about: "run published limiters and retries beside ours in virtual time; write docs/peers.md",
        details: "\
Runs bootstrap and build-guest first, installs the packages below bench/clients/ and builds the program. Takes more
than half an hour on two cores; `cargo xtask test` runs a scaled-down part. Without node and npm it says so and does nothing.

Example:
  cargo xtask peers",
        run: |layout| peers::run(layout).map(|()| ExitCode::SUCCESS),
    },
];

/// Reads a command line (without the program's name). The error is one line for a person.
pub fn parse(arguments: &[String]) -> Result<Request, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => Err(format!("no verb given; use one of {}", names())),
        ["help" | "-h" | "--help"] => Ok(Request::Help(overview())),
        ["help", name] | [name, "-h" | "--help"] => find(name).map(|verb| Request::Help(help(verb))),
        [name] => find(name).map(Request::Run),
        [name, extra, ..] => {
            find(name)?;
            Err(format!("unexpected argument `{extra}`; `{name}` takes none, see `cargo xtask {name} --help`"))
        }
    }
}

fn find(name: &str) -> Result<&'static Verb, String> {
    let unknown = || format!("unknown verb `{name}`; use one of {}", names());
    VERBS.iter().find(|verb| verb.name == name).ok_or_else(unknown)
}

fn names() -> String {
    let names: Vec<_> = VERBS.iter().map(|verb| verb.name).chain(["help"]).collect();
    names.join(", ")
}

fn overview() -> String {
    let mut text = String::from("Usage: cargo xtask <verb>\n\nVerbs:\n");
    for verb in VERBS {
        text += &format!("  {:<12} {}\n", verb.name, verb.about);
    }
    text += "  help         this text; `cargo xtask help <verb>` says more\n";
    text += "\nExamples:\n  cargo xtask demo\n  cargo xtask test\n  cargo xtask help bootstrap\n";
    text
}

fn help(verb: &Verb) -> String {
    format!("cargo xtask {}: {}\n\n{}\n", verb.name, verb.about, verb.details)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Request, String> {
        parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn every_verb_is_found_and_explains_itself_with_an_example() {
        for verb in VERBS {
            assert!(matches!(parse_words(&[verb.name]), Ok(Request::Run(found)) if found.name == verb.name));
            for words in [["help", verb.name], [verb.name, "--help"]] {
                let Ok(Request::Help(text)) = parse_words(&words) else { panic!("no help for {words:?}") };
                assert!(text.contains("Example:\n  cargo xtask"), "{text}");
            }
        }
    }

    #[test]
    fn a_wrong_command_line_is_one_line_with_the_word_in_backticks_and_the_verbs() {
        for words in [&["dmeo"][..], &["dmeo", "--help"], &["dmeo", "x"]] {
            let message = parse_words(words).err().expect("refused");
            assert_eq!(
                message,
                "unknown verb `dmeo`; use one of demo, test, bootstrap, build-guest, js, clients, peers, help"
            );
        }
        assert!(parse_words(&["demo", "fast"]).err().expect("refused").contains("`fast`"));
        assert!(parse_words(&[]).err().expect("refused").contains("bootstrap"));
    }
}
