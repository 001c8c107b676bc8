//! `headroom scoreboard`: every scenario with every client, as Markdown and as a page.

mod board;
mod markdown;
mod overview;
mod reasons;
mod targets;

use crate::clients::{self, Runner};
use crate::failure::{self, Failure};
use crate::runs::{self, Ran, Stage};
use crate::scenarios;
use anyhow::anyhow;
use headroom_sim::Scenario;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  headroom scoreboard --out docs/scoreboard.md
  headroom scoreboard --html scoreboard.html --json > scoreboard.json
  headroom scoreboard --scenario top-of-hour --strategy headroom-native --strategy atlassian-docs";

/// Run every scenario with every client, and score each against the proven optimum.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Only this scenario, or this file; may be repeated [default: all]
    #[arg(long = "scenario", value_name = "SCENARIO[/VARIANT]|FILE.toml")]
    scenarios: Vec<String>,

    /// Only this client; may be repeated [default: all]
    #[arg(long = "strategy", value_name = "NAME")]
    strategies: Vec<String>,

    /// Draws all that is left to chance; the same seed gives the same scoreboard
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Runs at the same time; the result is the same [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Write the Markdown to this file instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write a page with figures and charts
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Print one JSON document instead of the Markdown
    #[arg(long)]
    json: bool,

    /// The component to run as strategy `headroom` [default: ../components/headroom-client.wasm beside the program]
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
}

/// All figures, as `--json` prints them.
#[derive(Serialize)]
struct Document<'a> {
    seed: u64,
    results: &'a [Ran],
}

/// Runs them all.
pub fn run(args: &Args) -> Result<(), Failure> {
    let scenarios = asked_for(&args.scenarios)?;
    let mut clients = clients::named(&args.strategies)?;
    if clients.is_empty() {
        clients = clients::names();
    }
    let runner = Runner::new(&clients, args.component.as_deref(), args.seed)?;
    let runs = run_all(&runner, &scenarios, &clients, args.jobs)?;
    let page = board::page(&runs::by_scenario(&scenarios, &runs), args.seed);
    if let Some(file) = &args.html {
        write(file, &page.html().map_err(Failure::Run)?)?;
    }
    if let Some(file) = &args.out {
        write(file, &markdown::of(&page))?;
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        let json = serde_json::to_string(&Document { seed: args.seed, results: &runs });
        writeln!(out, "{}", json.map_err(|error| Failure::Run(error.into()))?)?;
    } else if args.out.is_none() {
        out.write_all(markdown::of(&page).as_bytes())?;
    }
    Ok(out.flush()?)
}

fn asked_for(names: &[String]) -> Result<Vec<Scenario>, Failure> {
    if names.is_empty() {
        return Scenario::builtin_names().iter().try_fold(Vec::new(), |mut all, name| {
            all.extend(scenarios::asked_for(name)?);
            Ok(all)
        });
    }
    let mut all: Vec<Scenario> = Vec::new();
    for name in names {
        for scenario in scenarios::asked_for(name)? {
            // Two under one name could not be told apart.
            if all.iter().any(|other| other.name == scenario.name) {
                let name = scenario.name;
                return Err(Failure::BadInput(anyhow!("two scenarios are called `{name}`: ask for one of them")));
            }
            all.push(scenario);
        }
    }
    Ok(all)
}

fn run_all(
    runner: &Runner,
    scenarios: &[Scenario],
    clients: &[&'static str],
    jobs: Option<NonZeroUsize>,
) -> Result<Vec<Ran>, Failure> {
    let pairs: Vec<_> =
        scenarios.iter().flat_map(|scenario| clients.iter().map(move |client| (scenario, *client))).collect();
    let jobs = jobs.or_else(|| available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let bar = bar(pairs.len());
    let runs = runs::all(runner, &pairs, jobs, &|scenario, client, stage| match stage {
        Stage::Begun => bar.set_message(format!("{}: {client}", scenario.name)),
        Stage::Ended => bar.inc(1),
    });
    bar.finish_and_clear();
    runs
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text).map_err(|error| {
        let (file, why) = (file.display(), failure::of_file(&error));
        Failure::BadInput(anyhow!("cannot write `{file}`: {why}; name another file"))
    })
}

/// On standard error, and only if that is a terminal: indicatif sees to it.
fn bar(runs: usize) -> ProgressBar {
    let bar = ProgressBar::new(runs as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed_precise} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
