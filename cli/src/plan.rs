//! `headroom plan`: how many points an hour holds.

use crate::failure::Failure;
use crate::table::number;
use anyhow::anyhow;
use clap::ValueEnum;
use headroom_model::quota::{self, SOURCE};
use serde::Serialize;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  headroom plan --tier global
  headroom plan --tier per-tenant --edition standard --users 2000
  headroom plan --tier per-tenant --edition free --json";

/// Say how many points of Confluence's and Jira's quota an hour holds.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// One pool for the app over all tenants, or one for each tenant
    #[arg(long)]
    tier: Tier,

    /// What the tenant pays for
    #[arg(long)]
    edition: Option<Edition>,

    /// How many users the tenant has
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    users: Option<u64>,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Tier {
    Global,
    PerTenant,
}

#[derive(Clone, Copy, ValueEnum)]
enum Edition {
    Free,
    Standard,
    Premium,
    Enterprise,
}

/// The quota as `--json` prints it.
#[derive(Serialize)]
struct Document {
    points_per_hour: u32,
    capped: bool,
    formula: String,
    source: String,
}

/// Prints the quota that the arguments describe.
pub fn run(args: &Args) -> Result<(), Failure> {
    let quota = tier(args)?.quota();
    let document = Document {
        points_per_hour: quota.points_per_hour,
        capped: quota.is_capped,
        formula: quota.to_string(),
        source: SOURCE.to_string(),
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        let json = serde_json::to_string(&document).map_err(|error| Failure::Run(error.into()))?;
        writeln!(out, "{json}")?;
    } else {
        let (points, formula) = (number(document.points_per_hour.into()), &document.formula);
        writeln!(out, "{points} points in each UTC hour ({formula})\nsource: {SOURCE}")?;
    }
    Ok(out.flush()?)
}

fn tier(args: &Args) -> Result<quota::Tier, Failure> {
    let bad = |text: &'static str| Err(Failure::BadInput(anyhow!(text)));
    let edition = match (args.tier, args.edition) {
        (Tier::Global, None) if args.users.is_none() => return Ok(quota::Tier::Global),
        (Tier::Global, _) => {
            return bad("tier `global` knows neither editions nor users: leave them out, or use `--tier per-tenant`");
        }
        (Tier::PerTenant, None) => {
            return bad("tier `per-tenant` depends on the edition: add `--edition free|standard|premium|enterprise`");
        }
        (Tier::PerTenant, Some(edition)) => edition,
    };
    let edition = match (edition, args.users) {
        (Edition::Free, _) => quota::Edition::Free,
        (_, None) => return bad("this edition's quota depends on the users: add `--users N`"),
        (Edition::Standard, _) => quota::Edition::Standard,
        (Edition::Premium, _) => quota::Edition::Premium,
        (Edition::Enterprise, _) => quota::Edition::Enterprise,
    };
    Ok(quota::Tier::PerTenant { edition, users: args.users.unwrap_or(0) })
}
