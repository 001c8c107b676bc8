//! `headroom serve`: the simulated Atlassian behind a real HTTP port.

use crate::failure::Failure;
use crate::scenarios;
use anyhow::anyhow;
use headroom_model::time::Instant;
use headroom_serve::{Config, Pace, Server};
use headroom_sim::Scenario;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

const EXAMPLES: &str = "\
Examples:
  headroom serve
  headroom serve page-sync --port 0 --print-url
  headroom serve my.toml --clock x60 --start 2026-02-02T12:20:00Z
  curl -si http://127.0.0.1:8080/wiki/api/v2/pages?limit=5 -H 'Authorization: Bearer any'
  curl -s http://127.0.0.1:8080/_headroom/state       (in a browser: http://127.0.0.1:8080/_headroom/)

FILE.toml holds the table `[server]` of a scenario, and `[[fault]]` and `[identity]` if you like. Without it: Tier 1, 65,000
points an hour. An address that others can reach needs a token in HEADROOM_CONTROL_TOKEN, which /_headroom/ then asks for.";

/// Serve the simulated Atlassian on a port, so that a real app with its real HTTP client meets real 429s.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which limits hold: a built-in scenario, or a file
    #[arg(value_name = "SCENARIO[/VARIANT]|FILE.toml")]
    limits: Option<String>,

    /// The port; 0 is any that is free
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,

    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,

    /// How time runs: real, x60 (so many times as fast), or manual (only when /_headroom/clock moves it)
    #[arg(long, value_name = "real|manual|xN", default_value = "real")]
    clock: Pace,

    /// When the clock begins, as RFC 3339 [default: the scenario's start, or now]
    #[arg(long, value_name = "TIME")]
    start: Option<String>,

    /// Draws all that is left to chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Print the address alone on the first line, for programs that start this one
    #[arg(long)]
    print_url: bool,

    /// Write the address as a line to this file descriptor as soon as the port listens
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    ready_fd: Option<u16>,
}

/// Serves until Ctrl-C or SIGTERM, and says what happened.
pub fn run(args: &Args) -> Result<(), Failure> {
    let config = Config {
        address: (args.listen, args.port).into(),
        control_token: std::env::var("HEADROOM_CONTROL_TOKEN").ok().filter(|token| !token.is_empty()),
        pace: args.clock,
        seed: args.seed,
        ..args.limits.as_deref().map_or_else(|| Ok(Config::default()), limits)?
    };
    // Before the port is taken: who cannot be told would wait for ever.
    let ready = args.ready_fd.map(descriptor).transpose()?;
    let start = args.start.as_deref().map(instant).transpose()?.or(config.start);
    let running = Server::start(Config { start, ..config }).map_err(|error| Failure::BadInput(error.into()))?;
    let mut out = std::io::stdout();
    let summary = running.until_interrupted(|url| {
        if args.print_url {
            writeln!(out, "{url}")?;
        } else {
            writeln!(out, "serving {url}, live at {url}/_headroom/; Ctrl-C stops")?;
        }
        out.flush()?;
        if let Some(mut ready) = ready {
            // Whoever wanted to know may be gone.
            let _ = writeln!(ready, "{url}");
        }
        Ok(())
    })?;
    Ok(writeln!(out, "{summary}")?)
}

/// The limits of a built-in scenario, or of a file.
pub fn limits(asked: &str) -> Result<Config, Failure> {
    let path = Path::new(asked);
    let is_file = path.extension().is_some_and(|extension| extension == "toml") || path.is_file();
    if is_file && Scenario::builtin(asked).is_none() {
        return Config::read(asked, &scenarios::read_text(path)?).map_err(|error| Failure::BadInput(error.into()));
    }
    // The first is the scenario itself, before its variants.
    let found = scenarios::asked_for(asked)?;
    Ok(found.first().map(Config::of_scenario).unwrap_or_default())
}

/// An open descriptor of this process, by the name that Linux and macOS give it.
fn descriptor(number: u16) -> Result<File, Failure> {
    let path = format!("/dev/fd/{number}");
    OpenOptions::new().write(true).open(&path).map_err(|error| {
        let next = "have the program that starts this one open it for writing, as in `3>file`, or use --print-url";
        Failure::BadInput(anyhow!(
            "`--ready-fd {number}` cannot be written: {}: {next}",
            error.to_string().to_lowercase()
        ))
    })
}

fn instant(text: &str) -> Result<Instant, Failure> {
    Instant::parse_iso(text).ok_or_else(|| {
        Failure::BadInput(anyhow!("`{}` is no time: use RFC 3339, such as 2026-02-02T12:20:00Z", text.escape_debug()))
    })
}
