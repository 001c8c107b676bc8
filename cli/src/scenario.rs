//! `headroom scenario`: what there is, whether a file is one, and one to begin with.

use crate::failure::Failure;
use crate::scenarios;
use headroom_sim::Scenario;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  headroom scenario list
  headroom scenario new > my.toml
  headroom scenario check my.toml
  headroom simulate my.toml";

/// See what scenarios there are, check one of your own, or print one to begin with.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Read a scenario and say what it is, or what is wrong with it and where
    Check {
        /// A file, or the name of a built-in scenario
        #[arg(value_name = "FILE.toml|SCENARIO")]
        file: String,
    },
    /// Name the built-in scenarios and their variants
    List,
    /// Print a scenario in which every key is explained
    New,
}

/// Does what is asked.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match &args.verb {
        Verb::Check { file } => {
            let all = scenarios::asked_for(file)?;
            for scenario in &all {
                writeln!(out, "{}: {}", scenario.name, scenario.about)?;
            }
            writeln!(out, "{}", if all.len() == 1 { "it can be run" } else { "they can be run" })?;
        }
        Verb::List => {
            for name in Scenario::builtin_names() {
                let scenario = scenarios::one(name)?;
                writeln!(out, "{name:20} {}", scenario.about)?;
                for (variant, _) in scenario.variants() {
                    writeln!(out, "  {name}/{variant}")?;
                }
            }
        }
        Verb::New => write!(out, "{}", headroom_sim::scenario::example())?,
    }
    Ok(out.flush()?)
}
