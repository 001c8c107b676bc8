//! `headroom proxy`: in front of a real server, what a rule would have said.

use crate::failure::Failure;
use crate::serve::limits;
use anyhow::anyhow;
use headroom_serve::{Config, Mode, Proxy, ProxyConfig};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

const EXAMPLES: &str = "\
Examples:
  headroom proxy --upstream https://acme.atlassian.net
  headroom proxy --upstream https://api.atlassian.com --rules my.toml --mode enforce
  headroom proxy --upstream http://127.0.0.1:8080 --port 0 --print-url
  curl -si http://127.0.0.1:8081/wiki/api/v2/pages -H \"Authorization: Bearer $TOKEN\"
  curl -s http://127.0.0.1:8081/_headroom/state

Everything passes as it came, but for `Host`, which is the upstream's. What an answer holds is counted; neither Authorization
nor cookies are kept or printed. Redirects go back to the client. Certificates are checked against those of this machine;
SSL_CERT_FILE names others. An address that others can reach needs a token in HEADROOM_CONTROL_TOKEN, which /_headroom/
then asks for; all else passes without it.";

/// Stand before a real server and say what a rule would have refused, or refuse it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The server to pass everything to, without a path
    #[arg(long, value_name = "URL")]
    upstream: String,

    /// shadow: pass all, count what the rule would have refused, and say so in Beta- fields; enforce: refuse it
    #[arg(long, value_name = "shadow|enforce", default_value = "shadow")]
    mode: Mode,

    /// The rule: a built-in scenario, or a file [default: Tier 1, 65,000 points an hour]
    #[arg(long, alias = "scenario", value_name = "SCENARIO[/VARIANT]|FILE.toml")]
    rules: Option<String>,

    /// The port; 0 is any that is free
    #[arg(long, value_name = "N", default_value_t = 8081)]
    port: u16,

    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,

    /// Print the address alone on the first line, for programs that start this one
    #[arg(long, conflicts_with = "json")]
    print_url: bool,

    /// Print what happened as one JSON document; the address then goes to standard error
    #[arg(long)]
    json: bool,
}

/// Passes until Ctrl-C or SIGTERM, and says what happened.
pub fn run(args: &Args) -> Result<(), Failure> {
    let rules = args.rules.as_deref().map_or_else(|| Ok(Config::default()), limits)?;
    let serve = Config {
        address: (args.listen, args.port).into(),
        control_token: std::env::var("HEADROOM_CONTROL_TOKEN").ok().filter(|token| !token.is_empty()),
        // The clock is the real one: a scenario's start is long ago.
        start: None,
        ..rules
    };
    let config = ProxyConfig { serve, upstream: args.upstream.clone(), mode: args.mode, roots: None };
    let running = Proxy::start(config).map_err(|error| Failure::BadInput(error.into()))?;
    let mut out = std::io::stdout();
    let summary = running.until_interrupted(|url| {
        let line = format!("passing {url} to {}, control at {url}/_headroom/state; Ctrl-C stops", args.upstream);
        match (args.print_url, args.json) {
            (true, _) => writeln!(out, "{url}")?,
            (false, true) => writeln!(std::io::stderr(), "{line}")?,
            (false, false) => writeln!(out, "{line}")?,
        }
        out.flush()
    })?;
    if args.json {
        let json = serde_json::to_string(&summary).map_err(|error| Failure::Run(anyhow!(error)))?;
        return Ok(writeln!(out, "{json}")?);
    }
    Ok(writeln!(out, "{summary}")?)
}
