//! `headroom simulate`: one scenario, several clients, virtual time.

use crate::clients::{self, Runner};
use crate::failure::{self, Failure};
use crate::runs::{self, Outcome, Ran};
use crate::{page, progress, scenarios, table};
use anyhow::anyhow;
use headroom_sim::trace::{Sink, WithoutHeader};
use headroom_sim::{Report, Scenario};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

const EXAMPLES: &str = "\
Scenarios:
  `headroom scenario list` names them. NAME/VARIANT runs one variant, NAME alone all of them.
  FILE.toml is your own: `headroom scenario new` prints one to begin with.

Strategies:
  headroom                 the compiled WebAssembly component
  headroom-native          the same decisions without WebAssembly: faster
  atlassian-docs           the retry pseudocode of Confluence's documentation
  rfc130-sample            the sample of RFC 130
  fixed-60s                waits a minute after each refusal
  exponential-full-jitter  backs off by chance, whatever the server says
  clip-60s                 does what the server says, but never waits longer than a minute
  ignore-retry-after       tries again at once
  bridge-500-per-25s       the limiter of Forge's bridge in the browser
  none                     every operation once, no retry

Examples:
  headroom simulate page-sync
  headroom simulate rush/strangers --strategy headroom --strategy none --seed 7
  headroom simulate rush --strategy rfc130-sample --trace rush.tsv
  headroom simulate big-migration --strategy headroom-native --html page.html
  headroom simulate my.toml --json > result.json

A run that would not end is stopped after 24 hours of virtual time beyond the scenario's span, or after more events than
its jobs can need. The others go on, and the exit code is 1.";

/// Run a scenario in virtual time with the component as the client, beside the retry code of Atlassian's own pages.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The name of a built-in scenario, of one of its variants, or a file
    #[arg(value_name = "SCENARIO[/VARIANT]|FILE.toml")]
    scenario: String,

    /// A client to run; may be repeated [default: all that fit the scenario]
    #[arg(long = "strategy", value_name = "NAME")]
    strategies: Vec<String>,

    /// Draws all that is left to chance; the same seed gives the same run
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Write every event as one line of tab-separated columns
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,

    /// Write a page with figures and charts
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Print one JSON document instead of the table
    #[arg(long)]
    json: bool,

    /// The component to run as strategy `headroom` [default: ../components/headroom-client.wasm beside the program]
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
}

/// All figures of one call, as `--json` prints them.
#[derive(Serialize)]
struct Document {
    scenario: String,
    seed: u64,
    virtual_ms: u64,
    wall_ms: u64,
    results: Vec<Ran>,
}

/// Runs the scenario with every strategy and prints the result.
pub fn run(args: &Args) -> Result<(), Failure> {
    let began = Instant::now();
    let scenarios = scenarios::asked_for(&args.scenario)?;
    let asked = clients::named(&args.strategies)?;
    let clients_of = |scenario: &Scenario| if asked.is_empty() { clients::fitting(scenario) } else { asked.clone() };
    let all: Vec<_> = scenarios.iter().flat_map(&clients_of).collect();
    let runner = Runner::new(&all, args.component.as_deref(), args.seed)?;
    let traces = args.trace.as_deref().map(Traces::create).transpose()?;
    let (mut results, mut stopped) = (Vec::with_capacity(all.len()), None);
    for scenario in &scenarios {
        for client in clients_of(scenario) {
            let trace = traces.as_ref().map(|traces| traces.open(results.len())).transpose()?;
            let (bar, observer) = progress::bar(&scenario.name, client);
            let ran = runner.watched(scenario, client, trace, Some(observer));
            bar.finish_and_clear();
            let outcome = match ran {
                Ok(report) => Outcome::Ended(Box::new(report)),
                Err(Failure::Stopped(error)) => {
                    let why = error.root_cause().to_string();
                    stopped.get_or_insert(Failure::Stopped(error));
                    Outcome::Stopped { strategy: client, stopped: why }
                }
                Err(failure) => return Err(failure),
            };
            results.push(Ran { scenario: scenario.name.clone(), outcome });
        }
    }
    if let Some(file) = &args.html {
        write_page(file, &scenarios, &results)?;
    }
    let document = Document {
        // Of a file the name that it gives itself.
        scenario: scenarios[0].name.clone(),
        seed: args.seed,
        virtual_ms: results.iter().filter_map(Ran::report).map(|report| report.finish_ms).sum(),
        wall_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        results,
    };
    print(&document, args.json)?;
    stopped.map_or(Ok(()), Err)
}

fn print(document: &Document, as_json: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if as_json {
        let json = serde_json::to_string(document).map_err(|error| Failure::Run(error.into()))?;
        writeln!(out, "{json}")?;
        return Ok(out.flush()?);
    }
    let groups: Vec<&[Ran]> = document.results.chunk_by(|a, b| a.scenario == b.scenario).collect();
    for (index, ran) in groups.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        if groups.len() > 1 {
            writeln!(out, "{}", ran[0].scenario)?;
        }
        let reports: Vec<&Report> = ran.iter().filter_map(Ran::report).collect();
        writeln!(out, "{}", table::of(&reports))?;
        write_refused(&mut out, &reports)?;
        write_early(&mut out, &reports)?;
    }
    let (virtual_time, wall) = (table::clock(document.virtual_ms), table::seconds(document.wall_ms));
    // Tenths of hours for each second of wall time.
    let speed = document.virtual_ms / 360 / document.wall_ms.max(1);
    let speed = format!("{}.{} virtual hours a second", table::number(speed / 10), speed % 10);
    writeln!(out, "{virtual_time} of virtual time in {wall} of wall time, {speed}, seed {}", document.seed)?;
    Ok(out.flush()?)
}

/// Whom which limits refused: the table has room for their sum only.
fn write_refused(out: &mut impl Write, reports: &[&Report]) -> io::Result<()> {
    for report in reports.iter().filter(|report| report.refused > 0) {
        writeln!(out, "refused: `{}` {}", report.strategy, table::refused_by(report))?;
    }
    Ok(())
}

/// Who came before an instant that he had been told, and the first lines of the trace that show it.
fn write_early(out: &mut impl Write, reports: &[&Report]) -> io::Result<()> {
    for report in reports.iter().filter(|report| report.early > 0) {
        writeln!(out, "early: `{}` {} times, first:", report.strategy, table::number(report.early))?;
        for early in &report.first_early {
            writeln!(out, "{}", early.line)?;
        }
    }
    Ok(())
}

/// A page with the figures and charts of these runs.
fn write_page(file: &Path, scenarios: &[Scenario], results: &[Ran]) -> Result<(), Failure> {
    let html =
        page::of_runs("Headroom: a simulation", &runs::by_scenario(scenarios, results)).html().map_err(Failure::Run)?;
    std::fs::write(file, html).map_err(|error| {
        let (file, why) = (file.display(), failure::of_file(&error));
        Failure::BadInput(anyhow!("cannot write the page `{file}`: {why}; name another file"))
    })
}

/// One file for the events of all runs, under one header.
struct Traces(File);

impl Traces {
    fn create(path: &Path) -> Result<Self, Failure> {
        File::create(path).map(Self).map_err(|error| {
            let (path, why) = (path.display(), failure::of_file(&error));
            Failure::BadInput(anyhow!("cannot write the trace `{path}`: {why}; name another file"))
        })
    }

    /// The runs follow one another, and the file's position is common to all its handles.
    fn open(&self, index: usize) -> Result<Sink, Failure> {
        let file = self.0.try_clone()?;
        Ok(if index == 0 { Box::new(file) } else { Box::new(WithoutHeader::new(file)) })
    }
}
