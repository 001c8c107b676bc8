//! A day of a fleet in virtual time: 24 hours, 50 nodes, 3,000,000 calls. `cargo bench -p headroom-bench --bench
//! fleet_day`.
//!
//! Needs `cargo xtask build-guest`. The bounds are 10 s on the core itself, 60 s through the component, and 500 MB. Each
//! has a process of its own, for what was held at most is known of a whole process only.

use headroom_bench::component;
use headroom_cli::native::{self, Native};
use headroom_host::harness::{self, Harness};
use headroom_sim::strategy::Strategy;
use headroom_sim::{Report, Scenario, run};
use std::process::Command;
use std::time::{Duration, Instant};

const SCENARIO: &str = include_str!("../fleet-day.toml");
const SEED: u64 = 1;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some(native::NAME) => print(native::NAME, on_the_core),
        Some(harness::NAME) => print(harness::NAME, through_the_component),
        // Cargo's own arguments.
        _ => {
            println!("strategy              calls       wall   virtual hours a second   held at most");
            [native::NAME, harness::NAME].into_iter().for_each(in_a_process);
        }
    }
}

fn in_a_process(name: &str) {
    let program = std::env::current_exe().expect("a running program has a path");
    let ended = Command::new(program).arg(name).status().expect("it starts once more");
    assert!(ended.success(), "`{name}` failed");
}

fn on_the_core(scenario: &Scenario) -> Report {
    let mut make = |node| -> Box<dyn Strategy> { Box::new(Native::new(scenario, native::NAME, SEED, node)) };
    run(scenario, &mut make, SEED, None).expect("the run ends")
}

fn through_the_component(scenario: &Scenario) -> Report {
    let harness = Harness::new(&component("client")).expect("it compiles");
    harness.run(scenario, SEED, None).expect("the run ends")
}

fn print(name: &str, run: impl FnOnce(&Scenario) -> Report) {
    let scenario = Scenario::parse("fleet-day.toml", SCENARIO).expect("it is a scenario");
    let began = Instant::now();
    let report = run(&scenario);
    let took = began.elapsed();
    assert_eq!((report.lost, report.deferred, report.unstarted, report.early), (0, 0, 0, 0), "{report:?}");
    let hours = Duration::from_millis(report.finish_ms).as_secs_f64() / 3_600.0 / took.as_secs_f64();
    let held = held_at_most().unwrap_or_else(|| "skipped: only Linux tells".to_owned());
    println!("{name:16} {:>10} {:>8.2} s {hours:>24.2}   {held}", report.sent, took.as_secs_f64());
}

/// The most memory that this process had at once.
fn held_at_most() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = kibibytes.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(format!("{} MB", kibibytes * 1_024 / 1_000_000))
}
