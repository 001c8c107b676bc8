//! The command `headroom`: parse, dispatch, print. Every verb has a file; what it decides, it asks a library.

mod call;
mod clients;
mod component;
mod explain;
mod failure;
mod input;
mod page;
mod plan;
mod price;
mod progress;
mod proxy;
mod runs;
mod scenario;
mod scenarios;
mod scoreboard;
mod serve;
mod simulate;
mod sources;
mod table;

use clap::{Parser, Subcommand};
use failure::Failure;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  headroom price GET '/wiki/api/v2/pages?limit=250'
  headroom plan --tier global
  curl -si https://your-site.atlassian.net/wiki/api/v2/pages | headroom explain
  headroom simulate page-sync";

/// How much headroom is left before Atlassian says 429, and what to do when it says it.
#[derive(Parser)]
#[command(name = "headroom", version, arg_required_else_help = false, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Call(call::Args),
    Explain(explain::Args),
    Plan(plan::Args),
    Price(price::Args),
    Proxy(proxy::Args),
    Scenario(scenario::Args),
    Scoreboard(scoreboard::Args),
    Serve(serve::Args),
    Simulate(simulate::Args),
    Sources(sources::Args),
}

fn main() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(Cli { verb: Verb::Call(args) }) => call::run(&args),
        Ok(Cli { verb: Verb::Explain(args) }) => explain::run(&args),
        Ok(Cli { verb: Verb::Plan(args) }) => plan::run(&args),
        Ok(Cli { verb: Verb::Price(args) }) => price::run(&args),
        Ok(Cli { verb: Verb::Proxy(args) }) => proxy::run(&args),
        Ok(Cli { verb: Verb::Scenario(args) }) => scenario::run(&args),
        Ok(Cli { verb: Verb::Scoreboard(args) }) => scoreboard::run(&args),
        Ok(Cli { verb: Verb::Serve(args) }) => serve::run(&args),
        Ok(Cli { verb: Verb::Simulate(args) }) => simulate::run(&args),
        Ok(Cli { verb: Verb::Sources(args) }) => sources::run(&args),
        Err(error) => failure::usage(&error),
    };
    done.map_or_else(Failure::exit, |()| ExitCode::SUCCESS)
}
