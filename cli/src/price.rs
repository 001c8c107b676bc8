//! `headroom price`: what a request costs in points, before it is sent or by its answer.

use crate::failure::{self, Failure};
use crate::table::number;
use anyhow::anyhow;
use headroom_model::points::{Catalog, Confidence, Estimate};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = r#"Examples:
  headroom price GET /wiki/rest/api/content/123456
  headroom price GET '/wiki/api/v2/pages?limit=250' --json
  headroom price GET /wiki/rest/api/group/devs/member --objects 8
  curl -s "$URL" | headroom price GET "$URL" --response -

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

/// Say what a REST request costs in points, before it is sent or by its answer.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS
    method: String,

    /// Path and query, or the whole address
    target: String,

    /// How many objects it returns, if you know
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "response")]
    objects: Option<u64>,

    /// Count the objects in the JSON body of its answer; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    response: Option<PathBuf>,

    /// A costs file of your own, in TOML
    #[arg(long, value_name = "FILE")]
    costs: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// An answer is read into memory, and no larger one than this.
const MOST_BYTES: u64 = 64 << 20;

/// Prints what the request costs.
pub fn run(args: &Args) -> Result<(), Failure> {
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
    let (method, target) = (args.method.as_str(), args.target.trim());
    if !METHODS.iter().any(|known| known.eq_ignore_ascii_case(method)) {
        return Err(bad(format!("unknown method `{method}`: use one of {}", METHODS.join(", "))));
    }
    if target.is_empty() {
        return Err(bad("the target is empty: give a path such as `/wiki/api/v2/pages?limit=50`".to_owned()));
    }
    let catalog = match &args.costs {
        None => Catalog::shipped(),
        Some(file) => {
            let costs = String::from_utf8(read(file, "costs")?)
                .map_err(|_| bad(format!("the costs file `{}` is no text in UTF-8", file.display())))?;
            Catalog::with_costs(&costs).map_err(|error| bad(format!("costs file `{}`, {error}", file.display())))?
        }
    };
    let Some(file) = &args.response else { return Ok(catalog.estimate(method, target, args.objects)) };
    let body = read(file, "response")?;
    serde_json::from_slice::<serde::de::IgnoredAny>(&body).map_err(|error| {
        bad(format!("the response `{}` is no JSON ({error}): give the body alone, without headers", file.display()))
    })?;
    Ok(catalog.after(method, target, &body))
}

fn read(file: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let bounded = |input: &mut dyn Read, bytes: &mut Vec<u8>| input.take(MOST_BYTES + 1).read_to_end(bytes);
    let done = if file == Path::new("-") {
        bounded(&mut io::stdin().lock(), &mut bytes)
    } else {
        File::open(file).and_then(|mut input| bounded(&mut input, &mut bytes))
    };
    let name = file.display();
    done.map_err(|error| bad(format!("cannot read the {what} file `{name}`: {}", failure::of_file(&error))))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(bad(format!("the {what} file `{name}` is larger than 64 MiB: cut it down to one answer")));
    }
    Ok(bytes)
}

/// One sentence, the reckoning, and what it rests on.
fn prose(estimate: &Estimate, had_response: bool) -> String {
    let points = |points: u32| format!("{} point{}", number(points.into()), if points == 1 { "" } else { "s" });
    let range = match (estimate.low, estimate.high) {
        (low, high) if low == high => String::new(),
        (low, high) => format!(", between {} and {}", number(low.into()), number(high.into())),
    };
    let verb = if estimate.counted { "cost" } else { "costs" };
    let mut text = format!("{verb} {}{range}\n", points(estimate.points));
    let base = std::iter::once(format!("{} base", estimate.base));
    let objects = estimate.objects.iter().map(|objects| {
        let count = number(objects.count.into());
        format!("{count} {} × {}", objects.kind, objects.points_each)
    });
    text += &format!("= {}\n", base.chain(objects).collect::<Vec<_>>().join(" + "));
    if had_response && !estimate.counted {
        text += "note: the response lacks the objects that this request returns; this is the estimate from before\n";
    }
    text += &format!("template: {}\n", estimate.template.as_deref().unwrap_or("none that we know"));
    let confidence = match estimate.confidence {
        Confidence::Documented => "documented",
        Confidence::Measured => "measured",
        Confidence::Assumed => "assumed",
    };
    text + &format!("source: {} ({confidence})\n", estimate.source)
}

fn bad(text: String) -> Failure {
    Failure::BadInput(anyhow!(text))
}
