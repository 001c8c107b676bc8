//! `headroom scoreboard`: every scenario with every client, as Markdown and as a page.

use crate::clients::{self, Runner};
use crate::failure::{self, Failure};
use crate::{page, scenarios};
use anyhow::anyhow;
use headroom_sim::{Report, Scenario};
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  headroom scoreboard > docs/scoreboard.md
  headroom scoreboard --html scoreboard.html --out scoreboard.md
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

    /// Write the Markdown to this file instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write a page with figures and charts
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// The component to run as strategy `headroom` [default: ../components/headroom-client.wasm beside the program]
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
}

/// Runs them all.
pub fn run(args: &Args) -> Result<(), Failure> {
    let names = Scenario::builtin_names().into_iter().map(str::to_owned).collect();
    let asked: Vec<String> = if args.scenarios.is_empty() { names } else { args.scenarios.clone() };
    let mut all = Vec::new();
    for name in &asked {
        all.extend(scenarios::asked_for(name)?);
    }
    let mut of = clients::named(&args.strategies)?;
    if of.is_empty() {
        of = clients::names();
    }
    let runner = Runner::new(&of, args.component.as_deref(), args.seed)?;
    let bar = bar(all.len() * of.len());
    let mut runs: Vec<(&Scenario, Vec<Report>)> = Vec::new();
    for scenario in &all {
        let mut reports = Vec::new();
        for client in &of {
            bar.set_message(format!("{}: {client}", scenario.name));
            reports.push(runner.run(scenario, client, None)?);
            bar.inc(1);
        }
        runs.push((scenario, reports));
    }
    bar.finish_and_clear();
    if let Some(file) = &args.html {
        let runs: Vec<_> = runs.iter().map(|(scenario, reports)| (*scenario, reports.iter().collect())).collect();
        write(file, &page::of_runs("Headroom: the scoreboard", &runs).html().map_err(Failure::Run)?)?;
    }
    let text = markdown(&runs, args.seed);
    match &args.out {
        Some(file) => write(file, &text),
        None => {
            let mut out = std::io::stdout().lock();
            out.write_all(text.as_bytes())?;
            Ok(out.flush()?)
        }
    }
}

const HEAD: &str = "\
<!-- Written by `headroom scoreboard`: do not edit by hand. -->
# Scoreboard

Every scenario with every client, in virtual time. `ratio` is the time to be done divided by a bound that no client can beat (none
where not everything was done); `waste` is refusals per call that was done; `early` counts calls before an instant that the server
had promised; `herd` is what reached the server in the first second of an hour, divided by what its burst limit lets through in a
second; `people denied` are interactive calls that the quota refused, or that were not done in time; `unfairness` is how much of
its max-min fair share the worst-off tenant lacked. `headroom` is the WebAssembly component, `headroom-native` the same core.
";

fn markdown(runs: &[(&Scenario, Vec<Report>)], seed: u64) -> String {
    let mut text = format!("{HEAD}\nSeed {seed}.\n");
    for (scenario, reports) in runs {
        // A string takes whatever is written to it.
        let _ = write!(text, "\n## {}\n\n{}\n\n| {} |\n|", scenario.name, scenario.about, page::COLUMNS.join(" | "));
        text.push_str(&" --- |".repeat(page::COLUMNS.len()));
        for report in reports {
            let cells = page::cells(report).map(|(cell, _)| cell).join(" | ");
            let _ = write!(text, "\n| {cells} |");
        }
        text.push('\n');
    }
    text
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
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
