//! `headroom explain`: what an answer says of limits, and what to do.

use crate::failure::{self, Failure};
use crate::input;
use crate::table::{number, seconds};
use anyhow::anyhow;
use clap::ValueEnum;
use headroom_model::capture::{self, Capture};
use headroom_model::explain::{Explanation, Limited, Question, explain};
use headroom_model::headers::{Dialect, Ignored, Signals};
use headroom_model::operation::Answer;
use headroom_model::refusal::{Limiter, Origin, Scope};
use headroom_model::time::{Instant, Millis};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::SystemTime;

const EXAMPLES: &str = "\
What it reads:
  an HTTP response as `curl -i` or `curl -v` prints it, headers copied from a log, 'Name': 'value' pairs,
  a HAR file or one entry of it, an error of Forge or of an HTTP client as JSON

Examples:
  curl -si https://your-site.atlassian.net/wiki/api/v2/pages | headroom explain
  headroom explain response.txt
  headroom explain --now 2025-10-08T14:29:13Z --json response.txt
  pbpaste | headroom explain --dialect structured-2026";

/// Say which limit an answer met, whose it is, and exactly when to go on.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What was received; `-` is standard input
    #[arg(value_name = "FILE|-", default_value = "-")]
    file: PathBuf,

    /// When it arrived [default: its `Date` header, else now]
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    now: Option<Instant>,

    /// In which words the server speaks
    #[arg(long, value_name = "DIALECT", default_value = "auto")]
    dialect: Spoken,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Spoken {
    /// To be seen from the headers
    Auto,
    /// X-RateLimit-* counts points
    #[value(name = "seed-2025-12")]
    Seed2025_12,
    /// RateLimit and RateLimit-Policy count points, X-RateLimit-* counts a burst
    #[value(name = "structured-2026")]
    Structured2026,
}

impl From<Spoken> for Dialect {
    fn from(spoken: Spoken) -> Self {
        match spoken {
            Spoken::Auto => Self::Auto,
            Spoken::Seed2025_12 => Self::Seed2025_12,
            Spoken::Structured2026 => Self::Structured2026,
        }
    }
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse_iso(text).ok_or_else(|| "write it like 2025-10-08T14:29:13Z".to_owned())
}

/// The explanation as `--json` prints it.
#[derive(Serialize)]
struct Document<'a> {
    limited: &'static str,
    origin: &'static str,
    limiter: &'static str,
    scope: &'static str,
    retry_at: Option<String>,
    wait_ms: Option<u64>,
    wait_source: &'static str,
    points: Option<Points>,
    enforced: bool,
    ignored: Vec<PassedOver<'a>>,
    advice: &'a str,
}

#[derive(Serialize)]
struct Points {
    limit: Option<u32>,
    remaining: Option<u32>,
}

#[derive(Serialize)]
struct PassedOver<'a> {
    header: &'a str,
    value: &'a str,
    why: &'a str,
}

impl<'a> Document<'a> {
    fn of(found: &'a Explanation) -> Self {
        let passed_over = |Ignored { header, value, why }: &'a Ignored| PassedOver { header, value, why };
        Self {
            limited: found.limited.name(),
            origin: found.origin.name(),
            limiter: found.limiter.name(),
            scope: found.scope.name(),
            retry_at: found.retry_at.map(|at| at.to_string()),
            wait_ms: found.wait.map(|wait| wait.0),
            wait_source: found.wait_source.name(),
            points: found.points.map(|points| Points { limit: points.limit, remaining: points.remaining }),
            enforced: found.enforced,
            ignored: found.ignored.iter().map(passed_over).collect(),
            advice: &found.advice,
        }
    }
}

/// Reads what was received and explains it.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.file.as_os_str() == "-" && std::io::stdin().is_terminal() {
        eprintln!("paste the response, then press Ctrl-D");
    }
    let bytes = input::read(&args.file, "response")?;
    let capture = capture::read(&bytes).map_err(|error| Failure::BadInput(anyhow!(error)))?;
    let url = capture.request.as_ref().map(|request| request.url.as_str());
    let now = args.now.or_else(|| date(&capture)).or(capture.time).unwrap_or_else(clock);
    let found = explain(&Question { answer: &capture.answer, url, now, dialect: args.dialect.into() });
    let mut out = std::io::stdout().lock();
    if args.json {
        let json = serde_json::to_string(&Document::of(&found)).map_err(|error| Failure::Run(error.into()))?;
        writeln!(out, "{json}")?;
    } else {
        print(&mut out, &found, &capture)?;
    }
    Ok(out.flush()?)
}

fn date(capture: &Capture) -> Option<Instant> {
    match &capture.answer {
        Answer::Response(response) => Signals::read(&response.headers).date,
        Answer::Resolved(_) | Answer::Rejected(_) => None,
    }
}

fn clock() -> Instant {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

fn print(out: &mut impl Write, found: &Explanation, capture: &Capture) -> Result<(), Failure> {
    writeln!(out, "{}", headline(found))?;
    writeln!(out, "{}", found.advice)?;
    if let (Some(at), Some(wait)) = (found.retry_at, found.wait) {
        writeln!(out, "retry at:  {at}, that is in {} ({})", duration(wait), found.wait_source)?;
    }
    if let Some(points) = found.points {
        let figure = |points: Option<u32>| points.map_or_else(|| "unknown".to_owned(), |points| number(points.into()));
        let rule = if found.enforced { "" } else { ", by the coming rule" };
        writeln!(out, "points:    {} left of {}{rule}", figure(points.remaining), figure(points.limit))?;
    }
    if let (true, Answer::Response(response)) = (capture.assumed_status, &capture.answer) {
        writeln!(out, "status:    none was given; taken for {}", response.status)?;
    }
    for Ignored { header, value, why } in &found.ignored {
        writeln!(out, "ignored:   {header}: {}: {why}", failure::short(value))?;
    }
    Ok(())
}

fn headline(found: &Explanation) -> String {
    let limit = match (found.limiter, found.scope) {
        (Limiter::Unknown, _) => "a limit that is not named".to_owned(),
        (limiter, Scope::Unknown) => limiter.to_string(),
        (limiter, scope) => format!("{limiter} of the {scope}"),
    };
    let by = if found.origin == Origin::Unknown { String::new() } else { format!(", by {}", found.origin) };
    match found.limited {
        Limited::Now => format!("limited now: {limit}{by}"),
        Limited::Beta => format!("not limited; the coming rule would have refused: {limit}{by}"),
        Limited::Soon => format!("limited soon: {limit}{by}"),
        Limited::No => format!("not limited{by}"),
    }
}

/// In the two largest units that matter to a person.
pub fn duration(wait: Millis) -> String {
    let secs = wait.0 / 1_000;
    match secs {
        0..60 => seconds(wait.0),
        60..3_600 => format!("{} min {} s", secs / 60, secs % 60),
        _ => format!("{} h {} min", secs / 3_600, secs / 60 % 60),
    }
}
