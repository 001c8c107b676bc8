//! Every check in sequence. A failing one does not stop the others; the last line is the sum.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::layout::Layout;
use crate::tally::{Runner, Tally};
use crate::{bootstrap, browser, clients, examples, guest, js, live, openapi, peers, process, python};

/// Seeds the cases of all property tests; any whole number.
const SEED: &str = "PROPTEST_RNG_SEED";

/// Runs every check. Exits with 1 if one failed.
pub fn run(layout: &Layout) -> Result<ExitCode> {
    let mut report = Report::default();
    let mut toolchain = None;
    report.step("bootstrap", || {
        toolchain = Some(bootstrap::run(layout)?);
        Ok(())
    });
    match &toolchain {
        Some(toolchain) => report.step("build-guest", || guest::build(layout, toolchain)),
        None => report.skip("build-guest", "there is no toolchain for it"),
    }
    let no_js = js::obstacle(layout);
    match &no_js {
        None => report.step("js build", || js::build(layout)),
        Some(why) => report.skip("js build", why),
    }
    rust(layout, &mut report);
    for language in examples::LANGUAGES {
        let name = format!("the program in {} of docs/serve.md", language.0);
        match process::find(language.1) {
            Some(_) => report.step(&name, || examples::check(layout, language)),
            None => report.skip(&name, &format!("`{}` is not on PATH", language.1)),
        }
    }
    match python::obstacle() {
        None => report.step("control as its OpenAPI document says", || openapi::check(layout, &seed())),
        Some(why) => report.skip("control as its OpenAPI document says", &why),
    }
    match browser::obstacle().or_else(python::obstacle) {
        None => report.step("the live page as a person uses it", || live::use_it(layout)),
        Some(why) => report.skip("the live page as a person uses it", &why),
    }
    match browser::obstacle() {
        None => {
            report.step("pages in a browser", || browser::check(layout));
            report.step("the live page in a browser", || live::check(layout));
        }
        Some(why) => {
            report.skip("pages in a browser", &why);
            report.skip("the live page in a browser", &why);
        }
    }
    match clients::obstacle() {
        None => report.step("clients", || clients::check(layout)),
        Some(why) => report.skip("clients", &why),
    }
    match peers::obstacle() {
        None => report.step("published clients in virtual time", || peers::check(layout)),
        Some(why) => report.skip("published clients in virtual time", &why),
    }
    match &no_js {
        None => report.tests("npm test", js::npm(layout).arg("test"), Runner::Node),
        Some(why) => report.skip("npm test", why),
    }
    Ok(report.close())
}

fn seed() -> String {
    std::env::var(SEED).unwrap_or_else(|_| "1".to_owned())
}

fn rust(layout: &Layout, report: &mut Report) {
    let cargo = |line: &str| {
        let mut cargo = layout.cargo();
        cargo.args(line.split(' '));
        cargo
    };
    let in_guest = |line: &str| {
        let mut cargo = cargo(line);
        cargo.current_dir(layout.guest()).env("CARGO_TARGET_DIR", layout.target.join("guest"));
        cargo
    };
    report.gate("format", &mut cargo("fmt --all --check"));
    report.gate("format of the guest", &mut in_guest("fmt --check"));
    report.gate("clippy", &mut cargo("clippy --workspace --all-targets --locked -- -D warnings"));
    // The component has the model without what tools for people need.
    report.gate(
        "clippy of the model as in the component",
        &mut cargo("clippy -p headroom-model --all-targets --locked -- -D warnings"),
    );
    for world in guest::WORLDS {
        // Compiled for this machine: clippy sees the same code, and needs no standard library for wasm.
        let line = format!("clippy --locked --no-default-features --features {world} -- -D warnings");
        report.gate(&format!("clippy of the guest's {world} world"), &mut in_guest(&line));
    }
    fuzz_targets(layout, report);
    // The examples too: tests of the JavaScript package run one.
    report.gate("programs", &mut cargo("build --workspace --bins --examples --locked"));
    let mut tests = cargo("test --workspace --locked --no-fail-fast");
    // The programs in README and documentation run a component; the workspace's own setting knows the usual folder only.
    tests.env("HEADROOM_PLANNER", layout.components().join("headroom-planner.wasm"));
    // The same commit gets the same verdict; plain `cargo test` draws other cases each time.
    let seed = seed();
    process::print(&format!("property tests draw from {SEED}={seed}"));
    tests.env(SEED, seed);
    report.tests("cargo test", &mut tests, Runner::Cargo);
    // Its feature is off elsewhere: whoever checks the code need not have built the components.
    let mut bundled = cargo("test --workspace --locked --features headroom-tests/bundled --test bundled");
    bundled.env("HEADROOM_COMPONENTS", layout.components());
    report.tests("the bundled components", &mut bundled, Runner::Cargo);
    report.gate("docs", cargo("doc --workspace --no-deps --locked").env("RUSTDOCFLAGS", "-D warnings"));
}

/// The fuzz targets compile; running them takes minutes each and is done by hand (`fuzz/README.md`).
fn fuzz_targets(layout: &Layout, report: &mut Report) {
    let in_fuzz = |line: &str| {
        let mut cargo = layout.cargo();
        cargo
            .args(line.split(' '))
            .current_dir(layout.root.join("fuzz"))
            .env("CARGO_TARGET_DIR", layout.target.join("fuzz"));
        cargo
    };
    report.gate("format of the fuzz targets", &mut in_fuzz("fmt --check"));
    let has_compiler =
        Command::new("c++").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if has_compiler {
        report.gate("clippy of the fuzz targets", &mut in_fuzz("clippy --all-targets --locked -- -D warnings"));
    } else {
        report.skip("clippy of the fuzz targets", "there is no C++ compiler `c++`, which libFuzzer needs");
    }
}

/// What was found so far.
#[derive(Default)]
struct Report {
    total: Tally,
    failed: Vec<String>,
}

impl Report {
    /// Something that passes or fails as a whole.
    fn step(&mut self, name: &str, run: impl FnOnce() -> Result<()>) {
        process::print(&format!("check: {name}"));
        let tally = match run() {
            Ok(()) => Tally::PASSED,
            Err(error) => {
                process::say(&format!("error: {error:#}"));
                Tally::FAILED
            }
        };
        self.add(name, tally);
    }

    /// A program whose exit code is its verdict.
    fn gate(&mut self, name: &str, command: &mut Command) {
        let name = format!("{name}: {}", process::describe(command));
        self.step(&name, || process::run(command));
    }

    /// A program that runs tests and counts them.
    fn tests(&mut self, name: &str, command: &mut Command, runner: Runner) {
        let name = format!("{name}: {}", process::describe(command));
        process::print(&format!("check: {name}"));
        let tally = count(command, runner, &mut std::io::stdout()).unwrap_or_else(|error| {
            process::say(&format!("error: {error:#}"));
            Tally::FAILED
        });
        self.add(&name, tally);
    }

    /// Something that cannot run here.
    fn skip(&mut self, name: &str, why: &str) {
        process::print(&format!("skipped: {name}: {why}"));
        self.total += Tally::SKIPPED;
    }

    fn add(&mut self, name: &str, tally: Tally) {
        self.total += tally;
        if tally.failed > 0 {
            self.failed.push(name.to_string());
        }
    }

    fn close(self) -> ExitCode {
        for name in &self.failed {
            process::print(&format!("failed: {name}"));
        }
        process::print(&self.total.to_string());
        if self.total.failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

/// Runs tests, passing their output through line by line while counting.
fn count(command: &mut Command, runner: Runner, through: &mut dyn Write) -> Result<Tally> {
    let cannot_run = |command: &Command| format!("cannot run `{}`", process::describe(command));
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| cannot_run(command))?;
    let mut output = BufReader::new(child.stdout.take().context("the child has no output")?);
    let mut tally = Tally::default();
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        let _ = through.write_all(&line);
        tally.read(runner, &String::from_utf8_lossy(&line));
        line.clear();
    }
    // Without a failing test in its report it did not get as far: it did not compile, or it crashed.
    if !child.wait()?.success() && tally.failed == 0 {
        tally += Tally::FAILED;
    }
    Ok(tally)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Not passed through to our own output: whoever runs these tests counts what is printed there.
    fn counted(script: &str) -> (Tally, Vec<u8>) {
        let mut through = Vec::new();
        let tally = count(Command::new("sh").args(["-c", script]), Runner::Cargo, &mut through).expect("sh runs");
        (tally, through)
    }

    #[test]
    fn what_a_runner_reports_is_counted_whatever_else_it_prints() {
        let script = r"printf '\377\n'; echo 'test result: FAILED. 2 passed; 1 failed; 4 ignored'; exit 101";
        let (tally, through) = counted(script);
        assert_eq!(tally, Tally { passed: 2, failed: 1, skipped: 4 });
        assert_eq!(through, b"\xff\ntest result: FAILED. 2 passed; 1 failed; 4 ignored\n");
    }

    #[test]
    fn a_runner_that_dies_without_reporting_a_failure_is_one_failure() {
        assert_eq!(counted("exit 101").0, Tally::FAILED);
        let crashed = "echo 'test result: ok. 2 passed; 0 failed'; kill -9 $$";
        assert_eq!(counted(crashed).0, Tally { passed: 2, failed: 1, skipped: 0 });
        assert_eq!(counted("exit 0").0, Tally::default());
    }
}
