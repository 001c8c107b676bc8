//! `headroom serve` beside us, for checks that need a port.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::layout::Layout;

/// What `/_headroom/` asks for.
pub const TOKEN: &str = "a-token-of-the-checks";

/// A server that ends when it is dropped.
pub struct Served {
    child: Child,
    /// Where it listens, as in `http://127.0.0.1:40000`.
    pub url: String,
}

impl Served {
    /// Starts it on a free port with a clock by hand; an empty token is none. Needs the programs: see `check`.
    pub fn start(layout: &Layout, token: &str) -> Result<Self> {
        let program = layout.target.join("debug").join(format!("headroom{}", std::env::consts::EXE_SUFFIX));
        let mut serve = Command::new(&program);
        serve.args(["serve", "--port", "0", "--print-url", "--clock", "manual", "--start", "2026-02-02T12:20:00Z"]);
        serve.env("HEADROOM_CONTROL_TOKEN", token).stdin(Stdio::null()).stdout(Stdio::piped());
        let child = serve.spawn().with_context(|| format!("cannot run `{}`", program.display()))?;
        let mut served = Self { child, url: String::new() };
        let output = served.child.stdout.as_mut().context("the server has no output")?;
        BufReader::new(output).read_line(&mut served.url)?;
        served.url.truncate(served.url.trim_end().len());
        ensure!(served.url.starts_with("http://"), "the server printed no address");
        Ok(served)
    }

    /// Sends a request with a bearer token, a tenant and a body of JSON; returns the status.
    pub fn send(&self, line: &str, token: &str, tenant: &str, body: &str) -> Result<u16> {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://"))?;
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nX-Headroom-Tenant: {tenant}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.with_context(|| format!("`{line}` was answered with `{}`", answer.lines().next().unwrap_or_default()))
    }

    /// Reads of some tenants until one of them has nothing left.
    pub fn use_up(&self) -> Result<()> {
        let used = r#"{"tenant":"acme","used_points":64990}"#;
        ensure!(self.send("POST /_headroom/usage", TOKEN, "", used)? == 200, "usage cannot be set");
        for tenant in ["acme", "globex", "initech"] {
            for _ in 0..3 {
                self.send("GET /wiki/api/v2/pages/100000", "any", tenant, "")?;
            }
            let moved = self.send("POST /_headroom/clock", TOKEN, "", r#"{"advance":"5 min"}"#)?;
            ensure!(moved == 200, "the clock cannot be moved");
        }
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
