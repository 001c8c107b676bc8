//! `headroom call`: one real request through the component.

mod memory;
mod print;

use crate::component;
use crate::failure::Failure;
use crate::input;
use anyhow::anyhow;
use clap::ValueEnum;
use headroom_host::transport::rest::{RestTransport, Url};
use headroom_host::types::{self, CallOptions, Header, Operation, Request};
use headroom_host::{Error, Limiter};
use headroom_sim::value::Span;
use memory::Memory;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as SpanError;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  headroom call GET https://acme.atlassian.net/wiki/api/v2/pages -H \"Authorization: Bearer $TOKEN\" --state acme.state
  headroom call GET http://127.0.0.1:8080/wiki/rest/api/content/1 --tenant docs --deadline 30s --explain
  headroom call POST http://127.0.0.1:8080/wiki/api/v2/pages -d @page.json --json

The body goes to standard output as it came, what became of the call to standard error. The exit code is 0 if it was
answered, 1 if it was refused, deferred or failed, an answer of 400 or more included, and 2 if it makes no sense.

--state FILE is read before and written after the call, all at once. Two at the same time do not wait for each other: whoever is
done last merges what it knows with what the other wrote, under a lock on FILE.lock. A damaged FILE is never written.";

/// Send one request: wait for its turn, retry as the server says, and remember it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// GET, POST or another
    method: String,

    /// The whole address
    url: String,

    /// A header field, repeatable
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,

    /// The body; it is JSON unless a Content-Type says otherwise
    #[arg(short, long, value_name = "TEXT|@FILE|@-")]
    data: Option<String>,

    /// Whose data is asked for [default: the address's host]
    #[arg(long)]
    tenant: Option<String>,

    /// How long you can wait for your turn; a longer wait is a deferral at once
    #[arg(long, value_name = "SPAN", default_value = "30 s", value_parser = span)]
    deadline: u64,

    /// Points per hour [default: 65,000]
    #[arg(long, value_name = "POINTS")]
    quota: Option<u32>,

    /// Whether all tenants share these points (Tier 1) or each has its own (Tier 2)
    #[arg(long, value_name = "POOL", default_value = "global")]
    pool: Pool,

    /// The most attempts [default: 5]
    #[arg(long, value_name = "N")]
    max_attempts: Option<u32>,

    /// Where to keep what is known between runs
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Print status and header fields, too
    #[arg(short, long, conflicts_with = "json")]
    include: bool,

    /// Print one JSON object: how it ended, answer and log
    #[arg(long)]
    json: bool,

    /// Print what happened and when to standard error
    #[arg(long)]
    explain: bool,

    /// The planner to run [default: ../components/headroom-planner.wasm beside the program]
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Pool {
    Global,
    PerTenant,
}

/// The longest that any call may wait: `max-elapsed` of `wit/types.wit`, 30 days.
const LONGEST_MS: u64 = 30 * 24 * 3_600_000;

fn span(text: &str) -> Result<u64, String> {
    let span = Span::<0, LONGEST_MS>::deserialize(text.into_deserializer());
    span.map(|span| span.get().0).map_err(|error: SpanError| error.to_string())
}

/// Makes the call.
pub fn run(args: &Args) -> Result<(), Failure> {
    let (base, operation) = asked(args)?;
    let compiled = component::planner(args.component.as_deref())?;
    let memory = args.state.as_deref().map(Memory::open).transpose()?;
    let transport = RestTransport::at(base).build().map_err(|error| Failure::Run(anyhow!(error)))?;
    let mut builder = Limiter::builder(&compiled).transport(transport).configure(|config| {
        config.quota = args.quota.unwrap_or(config.quota);
        config.pool = match args.pool {
            Pool::Global => types::Pool::Global,
            Pool::PerTenant => types::Pool::PerTenant,
        };
    });
    if let Some(saved) = memory.as_ref().and_then(Memory::saved) {
        builder = builder.restore(saved);
    }
    let limiter = builder.build().map_err(|error| match (error, &memory) {
        (Error::State(error), Some(memory)) => memory.is_not_taken(&error),
        (error @ Error::Config(_), _) => Failure::BadInput(anyhow!(error)),
        (error, _) => Failure::Run(anyhow!(error)),
    })?;
    let options =
        CallOptions { deadline: Some(args.deadline), max_attempts: args.max_attempts, ..CallOptions::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Run(anyhow!(error)))?;
    let called = runtime.block_on(limiter.invoke_with_retry(operation, options));
    let outcome = called.map_err(|error| Failure::Run(anyhow!(error)))?;
    let kept = memory.map_or(Ok(()), |memory| memory.keep(&limiter, &compiled));
    // What came back is shown even if it cannot be remembered.
    let ended = print::outcome(args, &outcome, limiter.clock().now());
    kept.and(ended)
}

/// The server's address without a path, and what is asked of it.
fn asked(args: &Args) -> Result<(String, Operation), Failure> {
    let bad = |text: String| Failure::BadInput(anyhow!(text));
    let url = Url::parse(&args.url).ok().filter(|url| url.has_host() && ["http", "https"].contains(&url.scheme()));
    let shown = args.url.escape_debug();
    let url =
        url.ok_or_else(|| bad(format!("`{shown}` is no address: write it as in `https://acme.atlassian.net/wiki`")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("the address has a user in it: say who you are by `-H \"Authorization: …\"`".to_owned()));
    }
    let mut headers = args.headers.iter().map(|text| field(text)).collect::<Result<Vec<_>, _>>()?;
    let body = args.data.as_deref().map(data).transpose()?;
    if body.is_some() && !headers.iter().any(|header| header.name.eq_ignore_ascii_case("content-type")) {
        headers.push(Header { name: "Content-Type".to_owned(), value: "application/json".to_owned() });
    }
    let tenant = args.tenant.clone().or_else(|| url.host_str().map(str::to_owned)).unwrap_or_default();
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let base = url.origin().ascii_serialization();
    Ok((base, Operation::Rest(Request { tenant, method: args.method.clone(), path, headers, body })))
}

fn field(text: &str) -> Result<Header, Failure> {
    let (name, value) = text.split_once(':').ok_or_else(|| {
        // What is no field may be a secret all the same.
        Failure::BadInput(anyhow!("a header has no colon: write it as in `-H \"Accept: application/json\"`"))
    })?;
    Ok(Header { name: name.trim().to_owned(), value: value.trim().to_owned() })
}

fn data(text: &str) -> Result<Vec<u8>, Failure> {
    match text.strip_prefix('@') {
        Some(file) => input::read(file.as_ref(), "body"),
        None => Ok(text.as_bytes().to_vec()),
    }
}
