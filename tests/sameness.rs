//! The same seed gives the same trace: twice in one process, in two processes, natively and through the component, in a
//! debug build and in a release build. The last is seen by running `cargo test --workspace --test sameness` and the same
//! with `--release`: both compare with the hashes that are written down. `BLESS=1` writes those of now.

use headroom_host::harness::{self, Harness};
use headroom_sim::strategy::{self, Strategy};
use headroom_sim::trace::Sink;
use headroom_sim::{Scenario, run};
use headroom_tests::{Native, component, component_path, program, root};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

const SEED: u64 = 20_261_122;

/// What a run must be the same with: every fault, crashes and clocks that are set; a fleet before an empty pool; people
/// with a retry code each. They are built-in scenarios made small, for traces are long.
fn scenarios() -> [(&'static str, String); 4] {
    let bad_day = include_str!("../sim/scenarios/bad-day.toml");
    let bad_day = bad_day.replace("60_000", "1_500").replace("count = 5_000", "count = 300");
    let fleet = include_str!("../sim/scenarios/top-of-hour.toml");
    let fleet = fleet.replace("80_000", "2_000").replace("used_points = 20_000", "used_points = 63_500");
    let rush = include_str!("../sim/scenarios/rush.toml");
    let strangers = rush.replace("7_000", "500").replace("each = \"node\"", "each = \"user\"");
    let strangers = strangers.replace("users = 500", "users = 50");
    let noisy = include_str!("../sim/scenarios/noisy-tenant.toml");
    let noisy = noisy.replace("65_000", "1_500").replace("60_000", "900").replace("59_700", "995");
    // Of a file, the program would run all variants.
    let [fleet, strangers] = [fleet, strangers].map(|text| text.split("[[variant]]").next().unwrap_or("").to_owned());
    [
        ("bad-day", bad_day.replace("{ points = 65_000, used_points = 30_000 }", "{ points = 2_000 }")),
        ("fleet", fleet),
        ("strangers", strangers),
        ("noisy-tenant", noisy.replace("calls = 19_900", "calls = 400")),
    ]
}

fn parsed(name: &str, text: &str) -> Scenario {
    Scenario::parse(name, text).unwrap_or_else(|error| panic!("{error}"))
}

/// Takes a trace and keeps its hash.
#[derive(Clone, Default)]
struct Hashed(Arc<Mutex<Sha256>>);

impl Hashed {
    fn sink(&self) -> Option<Sink> {
        Some(Box::new(self.clone()))
    }

    fn hash(&self) -> String {
        let hash = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().finalize();
        hash.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes it");
            text
        })
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn through_the_component(scenario: &Scenario, harness: &Harness) -> String {
    let trace = Hashed::default();
    harness.run(scenario, SEED, trace.sink()).expect("the run ends");
    trace.hash()
}

/// With the core under the component's name, or with a strategy of the simulator.
fn natively(scenario: &Scenario, name: &'static str) -> String {
    let trace = Hashed::default();
    let mut make = |node| -> Box<dyn Strategy> {
        match strategy::builtin(name, run::node_seed(SEED, node)) {
            Some(simulated) => simulated,
            None => Box::new(Native::new(scenario, name, SEED, node)),
        }
    };
    run(scenario, &mut make, SEED, trace.sink()).expect("the run ends");
    trace.hash()
}

fn written_down() -> PathBuf {
    root().join("tests/traces.txt")
}

#[test]
fn every_trace_has_the_hash_that_is_written_down_natively_through_the_component_and_twice() {
    let harness = Harness::new(&component("client")).expect("the client compiles");
    let mut now = String::new();
    for (name, text) in scenarios() {
        let scenario = parsed(name, &text);
        let ours = natively(&scenario, harness::NAME);
        assert_eq!(ours, natively(&scenario, harness::NAME), "{name}: twice on the core");
        for time in ["once", "twice"] {
            assert_eq!(ours, through_the_component(&scenario, &harness), "{name}: {time} through the component");
        }
        writeln!(now, "{name} {} {ours}", harness::NAME).expect("a string takes it");
        for other in strategy::fitting(&scenario) {
            let theirs = natively(&scenario, other);
            assert_eq!(theirs, natively(&scenario, other), "{name}, {other}: twice");
            writeln!(now, "{name} {other} {theirs}").expect("a string takes it");
        }
    }
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(written_down(), &now).expect("the hashes can be written");
    }
    let before = std::fs::read_to_string(written_down()).unwrap_or_default();
    assert_eq!(before, now, "look what has changed the traces, then run again with BLESS=1");
}

#[test]
fn two_processes_write_the_trace_that_is_written_down() {
    let hashes = std::fs::read_to_string(written_down()).expect("the hashes are in the repository");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    for (name, text) in scenarios() {
        let (scenario, trace) = (folder.join(format!("same-{name}.toml")), folder.join(format!("same-{name}.tsv")));
        std::fs::write(&scenario, text).expect("the scenario can be written");
        for process in ["first", "second"] {
            let mut headroom = Command::new(program());
            headroom.arg("simulate").arg(&scenario).args(["--strategy", harness::NAME, "--json"]);
            headroom.args(["--seed", &SEED.to_string()]).arg("--trace").arg(&trace);
            headroom.arg("--component").arg(component_path("client"));
            let output = headroom.output().expect("it runs");
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            let mut hashed = Hashed::default();
            hashed.write_all(&std::fs::read(&trace).expect("there is a trace")).expect("a hash takes all");
            let line = format!("{name} {} {}", harness::NAME, hashed.hash());
            assert!(hashes.lines().any(|known| known == line), "{process} process: `{line}` is not in:\n{hashes}");
        }
    }
}

#[test]
fn the_scenarios_hold_crashes_faults_refusals_and_people() {
    let events = |name: &str| {
        let (name, text) = scenarios().into_iter().find(|(known, _)| *known == name).expect("it is one of them");
        let (scenario, trace) = (parsed(name, &text), headroom_tests::Recording::default());
        let mut make = |node| -> Box<dyn Strategy> { Box::new(Native::new(&scenario, harness::NAME, SEED, node)) };
        run(&scenario, &mut make, SEED, Some(trace.sink())).expect("the run ends");
        trace.text()
    };
    let bad_day = events("bad-day");
    for event in ["crash", "restart", "fault", "refuse", "fail", "sleep", "finish"] {
        assert!(bad_day.contains(&format!("\t{event}\t")), "no `{event}`");
    }
    assert!(events("fleet").contains("\t49\tsend\t"), "50 nodes send");
    assert!(events("strangers").contains("\trefuse\t"), "strangers meet their limit");
}
