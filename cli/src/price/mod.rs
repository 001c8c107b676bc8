//! `headroom price`: what a request costs in points, before it is sent or by its answer.

mod graphql;

use crate::failure::Failure;
use crate::input;
use crate::table::number;
use anyhow::anyhow;
use headroom_model::points::{Catalog, Estimate};
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = r#"Examples:
  headroom price GET /wiki/rest/api/content/123456
  headroom price GET '/wiki/api/v2/pages?limit=250' --json
  headroom price GET /wiki/rest/api/group/devs/member --objects 8
  curl -s "$URL" | headroom price GET "$URL" --response -
  headroom price --graphql query.graphql --variables variables.json

A costs file says what else you know; its rows win over ours:
  [sources.ours]
  title = "our own measurement"
  date = "2026-11-20"
  confidence = "measured"            # documented, measured or assumed

  [kinds]
  board = { class = "core" }         # core 1 point, identity 2, other 1; or points_each = 3

  [[group]]
  source = "ours"
  under = "/rest/agile/1.0"          # what all its paths begin with
  rows = [
    { path = "/board/{id}", kind = "board" },                        # returns one
    { path = "/board", kind = "board", returns = "page", count = 50, by = "maxResults", list = "values" },
    { path = "/board/{id}/reports", returns = "whole", count = 10, list = "reports" },
    { path = "/board/{id}/configuration", returns = "nothing" },     # nothing that is counted
  ]"#;

/// Say what a REST request or a GraphQL operation costs in points, before it is sent or by its answer.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS
    #[arg(required_unless_present = "graphql")]
    method: Option<String>,

    /// Path and query, or the whole address
    #[arg(required_unless_present = "graphql")]
    target: Option<String>,

    /// How many objects it returns, if you know
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "response")]
    objects: Option<u64>,

    /// Count the objects in the JSON body of its answer; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    response: Option<PathBuf>,

    /// A costs file of your own, in TOML
    #[arg(long, value_name = "FILE")]
    costs: Option<PathBuf>,

    /// A GraphQL document; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["method", "target", "objects", "response", "costs"])]
    graphql: Option<PathBuf>,

    /// The values of its variables, in JSON
    #[arg(long, value_name = "FILE", requires = "graphql")]
    variables: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Prints what the request costs.
pub fn run(args: &Args) -> Result<(), Failure> {
    if let Some(document) = &args.graphql {
        return graphql::run(document, args.variables.as_deref(), args.json);
    }
    let estimate = estimate(args)?;
    let mut out = io::stdout().lock();
    if args.json {
        let json = serde_json::to_string(&estimate).map_err(|error| Failure::Run(error.into()))?;
        writeln!(out, "{json}")?;
    } else {
        write!(out, "{}", prose(&estimate, args.response.is_some()))?;
    }
    Ok(out.flush()?)
}

fn estimate(args: &Args) -> Result<Estimate, Failure> {
    let [method, target] = [&args.method, &args.target].map(|given| given.as_deref().unwrap_or_default().trim());
    if !METHODS.iter().any(|known| known.eq_ignore_ascii_case(method)) {
        return Err(bad(format!("unknown method `{method}`: use one of {}", METHODS.join(", "))));
    }
    if target.is_empty() {
        return Err(bad("the target is empty: give a path such as `/wiki/api/v2/pages?limit=50`".to_owned()));
    }
    let catalog = match &args.costs {
        None => Catalog::shipped(),
        Some(file) => {
            let costs = input::read_text(file, "costs file")?;
            Catalog::with_costs(&costs).map_err(|error| bad(format!("costs file `{}`, {error}", file.display())))?
        }
    };
    let Some(file) = &args.response else { return Ok(catalog.estimate(method, target, args.objects)) };
    let body = input::read(file, "response")?;
    serde_json::from_slice::<serde::de::IgnoredAny>(&body).map_err(|error| {
        bad(format!("the response `{}` is no JSON ({error}): give the body alone, without headers", file.display()))
    })?;
    Ok(catalog.after(method, target, &body))
}

/// One sentence, the reckoning, and what it rests on.
fn prose(estimate: &Estimate, had_response: bool) -> String {
    let verb = if estimate.counted { "cost" } else { "costs" };
    let mut text = format!("{verb} {}\n", range(estimate.low, estimate.points, estimate.high));
    let objects = estimate.objects.iter().map(|objects| (objects.kind.as_str(), objects.count, objects.points_each));
    text += &reckoning(estimate.base, objects);
    if had_response && !estimate.counted {
        text += "note: the response lacks the objects that this request returns; this is the estimate from before\n";
    }
    text += &format!("template: {}\n", estimate.template.as_deref().unwrap_or("none that we know"));
    text + &format!("source: {} ({})\n", estimate.source, estimate.confidence)
}

/// As `26 points, between 1 and 26`.
fn range(low: u32, likely: u32, high: u32) -> String {
    let points = format!("{} point{}", number(likely.into()), if likely == 1 { "" } else { "s" });
    if low == high { points } else { format!("{points}, between {} and {}", number(low.into()), number(high.into())) }
}

/// As `= 1 base + 25 page × 1`, with the end of the line.
fn reckoning<'a>(base: u32, objects: impl Iterator<Item = (&'a str, u32, u32)>) -> String {
    let objects = objects.map(|(kind, count, each)| format!(" + {} {kind} × {each}", number(count.into())));
    format!("= {base} base{}\n", objects.collect::<String>())
}

fn bad(text: String) -> Failure {
    Failure::BadInput(anyhow!(text))
}
