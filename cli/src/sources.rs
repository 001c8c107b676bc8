//! `headroom sources`: every figure, and who says it.

use crate::failure::Failure;
use crate::table;
use anyhow::anyhow;
use comfy_table::{Cell, Color};
use headroom_model::facts::{self, Confidence, Row};
use headroom_sim::nearest::nearest;
use serde::Serialize;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  headroom sources
  headroom sources tier-2
  headroom sources prices
  headroom sources /wiki/api/v2/pages
  headroom sources \"per user\" --json";

/// List the figures that Headroom rests on, with source, date and confidence.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Only those with this text in their name, group or meaning, in any case
    #[arg(value_name = "FILTER")]
    filter: Option<String>,

    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

/// A figure as `--json` prints it.
#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    group: &'a str,
    value: u64,
    unit: &'a str,
    what: &'a str,
    source: &'a str,
    date: &'a str,
    url: Option<&'a str>,
    confidence: &'a str,
    #[serde(rename = "use")]
    usage: &'a str,
}

/// Prints the figures that the filter lets through.
pub fn run(args: &Args) -> Result<(), Failure> {
    let all = rows();
    let filter = args.filter.as_deref().unwrap_or_default().to_lowercase();
    let chosen: Vec<&Row> = all.iter().filter(|row| has(row, &filter)).collect();
    if chosen.is_empty() {
        return Err(nothing(args.filter.as_deref().unwrap_or_default(), &all));
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        let entries: Vec<_> = chosen.into_iter().map(entry).collect();
        let json = serde_json::to_string(&entries).map_err(|error| Failure::Run(error.into()))?;
        writeln!(out, "{json}")?;
    } else {
        for group in chosen.chunk_by(|one, next| one.group == next.group) {
            writeln!(out, "{}\n{}\n", group[0].group, table::wrapped(COLUMNS, group.iter().map(|row| cells(row))))?;
        }
        let count = chosen.len();
        writeln!(out, "{count} of {} figures; their doubts are in docs/fidelity.md", all.len())?;
    }
    Ok(out.flush()?)
}

/// Every figure there is, the prices of requests last.
fn rows() -> Vec<Row> {
    let mut rows = facts::all();
    rows.extend(facts::prices());
    rows
}

fn has(row: &Row, filter: &str) -> bool {
    [row.id.as_str(), &row.group, &row.what].iter().any(|text| text.to_lowercase().contains(filter))
}

fn nothing(filter: &str, all: &[Row]) -> Failure {
    let names = all.iter().flat_map(|row| [row.id.as_str(), &row.group]);
    let next = match nearest(filter, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "run `headroom sources` for all".to_owned(),
    };
    let short: String = filter.chars().take(40).flat_map(char::escape_debug).collect();
    Failure::BadInput(anyhow!("no figure has `{short}` in its name, group or meaning: {next}"))
}

/// Headers, and each column's share of the width in percent.
const COLUMNS: [(&str, u16); 6] =
    [("id", 20), ("figure", 13), ("what it is", 26), ("source", 17), ("how sure", 11), ("used", 13)];

fn cells(row: &Row) -> [Cell; 6] {
    let sure = Cell::new(row.confidence);
    let sure = match row.confidence {
        Confidence::Documented => sure,
        Confidence::Measured => sure.fg(Color::Yellow),
        Confidence::Assumed => sure.fg(Color::Red),
    };
    let (figure, source) = (Cell::new(row.figure()), Cell::new(&row.source));
    [Cell::new(&row.id), figure, Cell::new(&row.what), source, sure, Cell::new(&row.usage)]
}

fn entry(row: &Row) -> Entry<'_> {
    Entry {
        id: &row.id,
        group: &row.group,
        value: row.value,
        unit: &row.unit,
        what: &row.what,
        source: &row.source.title,
        date: &row.source.date,
        url: row.source.url.as_deref(),
        confidence: row.confidence.name(),
        usage: &row.usage,
    }
}
