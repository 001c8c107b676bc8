//! One run: a scenario with a client in one of its settings.

use crate::course::{Course, Ran};
use crate::{child, crates};
use anyhow::{Context, Result, anyhow};
use headroom_host::harness::Harness;
use headroom_sim::trace::Sink;
use headroom_sim::{Report, Scenario};
use std::sync::OnceLock;

/// Clients in JavaScript, each a file below `bench/clients/peers`, with the packages whose versions count.
pub const PACKAGES: [(&str, &[&str]); 8] = [
    ("axios-retry", &["axios-retry", "axios"]),
    ("bottleneck", &["bottleneck"]),
    ("effect", &["effect"]),
    ("got", &["got"]),
    ("octokit", &["@octokit/plugin-throttling", "@octokit/core"]),
    ("p-retry", &["p-retry"]),
    ("p-throttle", &["p-throttle", "p-retry"]),
    ("smithy", &["@smithy/util-retry", "@smithy/middleware-retry"]),
];

/// The settings of each client but ours.
pub const SETTINGS: [&str; 2] = ["raw", "best"];
/// The ways in which they are made: as `invoked` what is shown as the best where invocations are called, whose limits are
/// others.
pub const MADE: [&str; 3] = ["raw", "best", "invoked"];
/// Ours.
pub const OURS: &str = headroom_host::harness::NAME;

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    pub report: Report,
    /// Why the client was cut, if it was.
    pub cut: Option<&'static str>,
    /// What its calls crashed of.
    pub crashes: Vec<String>,
}

/// A scenario of `bench/clients/scenarios`.
pub fn scenario(name: &str) -> Result<Scenario> {
    let path = child::folder().join("scenarios").join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read the scenario `{name}`"))?;
    Ok(Scenario::parse(name, &text)?)
}

/// Runs a client through a scenario. Ours has one setting, its default.
pub fn run(scenario: &Scenario, client: &str, setting: &str, trace: Option<Sink>) -> Result<Outcome> {
    if client == OURS {
        let report = harness()?.run(scenario, 1, trace)?;
        return Ok(Outcome { report, cut: None, crashes: Vec::new() });
    }
    let nodes = scenario.fleet.nodes.get();
    let is_invoked = scenario.works().any(|work| work.invoke.is_some());
    let made = if setting == "best" && is_invoked { "invoked" } else { setting };
    let mut course = Course::new(scenario, client, trace);
    let crashes = match crates::ALL.iter().find(|(name, ..)| *name == client) {
        Some((_, makes)) => {
            let make = MADE.iter().zip(makes).find(|(name, _)| **name == made).context("there is no such setting")?.1;
            crates::run(&mut course, *make, nodes)
        }
        None => child::run(&mut course, client, made, nodes),
    };
    let crashes = crashes.with_context(|| format!("`{client}`, {setting}, in `{}`", scenario.name))?;
    let Ran { report, cut } = course.report()?;
    Ok(Outcome { report, cut, crashes })
}

/// Our component, compiled once.
fn harness() -> Result<&'static Harness> {
    static HARNESS: OnceLock<Result<Harness, String>> = OnceLock::new();
    let harness = HARNESS.get_or_init(|| {
        let component = headroom_bench::component("client");
        Harness::new(&component).map_err(|error| error.to_string())
    });
    harness.as_ref().map_err(|error| anyhow!("{error}"))
}
