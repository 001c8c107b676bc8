//! `headroom simulate`: one scenario, several clients, virtual time.

use crate::component::{self, Component};
use crate::failure::{self, Failure};
use crate::table;
use anyhow::anyhow;
use headroom_sim::nearest::nearest;
use headroom_sim::trace::{Sink, WithoutHeader};
use headroom_sim::{Report, Scenario, run as simulate, strategy};
use indicatif::ProgressBar;
use serde::Serialize;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Scenarios:
  page-sync  40,000 page reads on Tier 1 with 20,000 points already used
  rush       7,000 users of one installation in the same second, limits of RFC 130
  FILE.toml  your own; sim/scenarios/page-sync.toml is a commented example

Strategies:
  headroom        the compiled WebAssembly component
  atlassian-docs  the retry pseudocode of Confluence's documentation (page reads)
  rfc130-sample   the sample of RFC 130 (invocations)
  none            every operation once, no retry

Examples:
  headroom simulate page-sync
  headroom simulate rush --strategy headroom --strategy none --seed 7
  headroom simulate rush --strategy rfc130-sample --trace rush.tsv
  headroom simulate my.toml --json > result.json";

/// Run a scenario in virtual time with the component as the client, beside the retry code of Atlassian's own pages.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The name of a built-in scenario, or a file
    #[arg(value_name = "SCENARIO|FILE.toml")]
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
    results: Vec<Report>,
}

/// Runs the scenario with every strategy and prints the result.
pub fn run(args: &Args) -> Result<(), Failure> {
    let began = Instant::now();
    let scenario = scenario(&args.scenario)?;
    let strategies = strategies(&args.strategies, &scenario)?;
    let is_needed = strategies.contains(&component::NAME);
    let component = is_needed.then(|| component::read(args.component.as_deref())).transpose()?;
    let traces = args.trace.as_deref().map(Traces::create).transpose()?;
    let mut results = Vec::with_capacity(strategies.len());
    for (index, name) in strategies.into_iter().enumerate() {
        let spinner = spinner(&scenario.name, name);
        let trace = traces.as_ref().map(|traces| traces.open(index)).transpose()?;
        results.push(one(&scenario, name, component.as_ref(), args.seed, trace)?);
        spinner.finish_and_clear();
    }
    let document = Document {
        scenario: scenario.name,
        seed: args.seed,
        virtual_ms: results.iter().map(|report| report.finish_ms).sum(),
        wall_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        results,
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        let json = serde_json::to_string(&document).map_err(|error| Failure::Run(error.into()))?;
        writeln!(out, "{json}")?;
    } else {
        let (virtual_time, wall) = (table::clock(document.virtual_ms), table::seconds(document.wall_ms));
        writeln!(out, "{}", table::of(&document.results))?;
        writeln!(out, "{virtual_time} of virtual time in {wall} of wall time, seed {}", document.seed)?;
    }
    Ok(out.flush()?)
}

fn one(
    scenario: &Scenario,
    name: &str,
    component: Option<&Component>,
    seed: u64,
    trace: Option<Sink>,
) -> Result<Report, Failure> {
    match (strategy::builtin(name, seed), component) {
        // Whoever uses this code runs it in every browser; only the component is one for all.
        (Some(mut strategy), _) => simulate(scenario, strategy.as_mut(), false, seed, trace)
            .map_err(|error| Failure::Run(anyhow!(error).context(format!("strategy `{name}`")))),
        (None, Some(component)) => component.run(scenario, seed, trace),
        (None, None) => Err(Failure::Run(anyhow!("strategy `{name}` needs a component, and none was read"))),
    }
}

fn scenario(asked: &str) -> Result<Scenario, Failure> {
    if let Some(scenario) = Scenario::builtin(asked) {
        return Ok(scenario);
    }
    let path = Path::new(asked);
    if path.extension().is_some_and(|extension| extension == "toml") || path.is_file() {
        return Scenario::parse(asked, &read_text(path)?).map_err(|error| Failure::BadInput(error.into()));
    }
    let names = Scenario::builtin_names();
    let hint = nearest(asked, names.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let known = format!("there are {}, and files that end in `.toml`", listed(&names));
    Err(Failure::BadInput(anyhow!("unknown scenario `{asked}`: {hint}{known}")))
}

/// A scenario is some lines; what is much longer is another file.
fn read_text(path: &Path) -> Result<String, Failure> {
    const MOST: u64 = 1 << 20;
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MOST + 1).read_to_string(&mut text));
    let why = match read {
        Ok(_) if text.len() as u64 <= MOST => return Ok(text),
        Ok(_) => "it is longer than 1 MiB".to_owned(),
        Err(error) => failure::of_file(&error),
    };
    let known = listed(&Scenario::builtin_names());
    let path = path.display();
    Err(Failure::BadInput(anyhow!("cannot read the scenario `{path}`: {why}; name another file or one of {known}")))
}

/// The strategies to run: those asked for, or all that fit, the component first.
fn strategies(asked: &[String], scenario: &Scenario) -> Result<Vec<&'static str>, Failure> {
    let mut fitting = vec![component::NAME];
    fitting.extend(strategy::fitting(scenario));
    if asked.is_empty() {
        return Ok(fitting);
    }
    let find = |name: &String| {
        if let Some(found) = fitting.iter().find(|fitting| *fitting == name) {
            return Ok(*found);
        }
        let known = format!("there are {} for scenario `{}`", listed(&fitting), scenario.name);
        if strategy::NAMES.contains(&name.as_str()) {
            return Err(Failure::BadInput(anyhow!("strategy `{name}` was written for other work: {known}")));
        }
        let near = nearest(name, fitting.iter().copied());
        let hint = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        Err(Failure::BadInput(anyhow!("unknown strategy `{name}`: {hint}{known}")))
    };
    asked.iter().map(find).collect()
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// On standard error, and only if that is a terminal: indicatif sees to it.
fn spinner(scenario: &str, strategy: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(format!("{scenario}: {strategy}"));
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
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
