//! Real clients, unmodified, against `headroom serve`, and what is to be said of each in `docs/clients.md`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::layout::Layout;
use crate::{js, process, python};

mod table;

/// When the server's clock begins; the drivers know it, too.
const START: &str = "2026-02-02T12:00:00Z";
/// Of `tests/clients/`: each drives one client and prints what it saw.
const DRIVERS: [(&str, Runs); 7] = [
    ("atlassian_python_api.py", Runs::Python),
    ("pycontribs_jira.py", Runs::Python),
    ("confluence_js.mjs", Runs::Node),
    ("confluence_js_3.mjs", Runs::Node24),
    ("jira_js.mjs", Runs::Node),
    ("jira_js_6.mjs", Runs::Node24),
    ("curl.py", Runs::Python),
];

/// What runs a driver.
enum Runs {
    Python,
    /// The one on PATH, which may be as old as 20.
    Node,
    /// The one that `js/` has from npm: these clients need 22 or newer.
    Node24,
}

/// Runs all clients, or says why that is not possible here.
pub fn run(layout: &Layout) -> Result<()> {
    match obstacle() {
        Some(why) => {
            process::print(&format!("skipped: clients: {why}"));
            Ok(())
        }
        None => check(layout),
    }
}

/// Why they cannot run here, if so.
pub fn obstacle() -> Option<String> {
    let missing = ["node", "npm", "curl"].into_iter().find(|program| process::find(program).is_none());
    missing.map(|program| format!("`{program}` is not on PATH")).or_else(python::obstacle)
}

/// Runs all clients. Fails if one of them does what `docs/clients.md` does not say; with `BLESS=1` writes it anew.
pub fn check(layout: &Layout) -> Result<()> {
    let dir = layout.root.join("tests/clients");
    let python = python::environment(layout, "clients", &dir.join("requirements.txt"))?;
    js::install(&dir)?;
    js::install(&layout.js())?;
    let node_24 = layout.js().join(format!("node_modules/node/bin/node{}", std::env::consts::EXE_SUFFIX));
    let mut all = Vec::new();
    for (driver, runs) in DRIVERS {
        let program = match runs {
            Runs::Python => python.as_path(),
            Runs::Node => Path::new("node"),
            Runs::Node24 => node_24.as_path(),
        };
        let seen = drive(layout, program, &dir.join(driver)).with_context(|| format!("`{driver}`"))?;
        judge(&seen).with_context(|| format!("`{driver}`"))?;
        all.push(seen);
    }
    let path = layout.root.join("docs/clients.md");
    let text = table::text(&all)?;
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        return fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()));
    }
    let old = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    match table::difference(&old, &text) {
        None => Ok(()),
        Some((line, old, new)) => bail!(
            "`docs/clients.md:{line}` says `{old}`, and now it is `{new}`; look at it, then `BLESS=1 cargo xtask clients`"
        ),
    }
}

/// Runs a driver against a server of its own.
fn drive(layout: &Layout, program: &Path, driver: &Path) -> Result<Value> {
    let (_server, url) = serve(layout)?;
    let mut command = Command::new(program);
    // What Python compiles would lie between the sources; and a proxy does not know this machine's ports.
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    let json = process::output(command.arg(driver).arg(url))?;
    serde_json::from_str(&json).context("it printed something else than JSON")
}

/// Stops with its owner.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server whose clock only the driver moves, and its address.
fn serve(layout: &Layout) -> Result<(Server, String)> {
    let program = layout.target.join("debug").join(format!("headroom{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(&program);
    command.args(["serve", "--port", "0", "--clock", "manual", "--start", START, "--print-url"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut server = Server(child.with_context(|| format!("cannot run `{}`", program.display()))?);
    let mut url = String::new();
    BufReader::new(server.0.stdout.take().context("the server has no output")?).read_line(&mut url)?;
    ensure!(url.starts_with("http://"), "the server's first line is no address but `{}`", url.trim());
    Ok((server, url.trim().to_owned()))
}

/// Whether what went wrong is known to be the client's own doing, and the server's report of early calls is true.
fn judge(seen: &Value) -> Result<()> {
    let known = seen["known"].as_object().context("there is no `known`")?;
    let mut failed = Vec::new();
    for kind in table::TASKS {
        let tasks = seen[kind].as_object().with_context(|| format!("there is no `{kind}`"))?;
        for (name, wrong) in tasks.iter().filter(|(_, wrong)| !wrong.is_null()) {
            ensure!(known.contains_key(name), "`{name}` went wrong: {wrong}");
            failed.push(name);
        }
    }
    if let Some(name) = known.keys().find(|name| !failed.contains(name)) {
        bail!("`{name}` does not go wrong any more: take it out of what is known");
    }
    for (settings, met) in table::entries(&seen["refusals"])? {
        for (refusal, runs) in table::entries(met)? {
            for run in runs.as_array().context("a refusal was met by no run")? {
                let (told, counted) = (&run["early"], &run["reckoned"]);
                ensure!(
                    told.is_u64() && told == counted,
                    "{settings}, {refusal}: `{told}` early calls are reported and `{counted}` were made"
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn judged(known: Value, wrong: Value, told: u64, counted: u64) -> String {
        let run = json!({ "early": told, "reckoned": counted });
        let refusals = json!({ "as it comes": { "soon": [run] } });
        let seen =
            json!({ "known": known, "reads": { "page": wrong }, "pages": {}, "writes": {}, "refusals": refusals });
        judge(&seen).map_or_else(|error| error.to_string(), |()| "ok".to_owned())
    }

    #[test]
    fn what_goes_wrong_unexpectedly_and_an_untrue_report_are_errors() {
        let (none, why) = (json!({}), json!({ "page": "why" }));
        assert_eq!(judged(none.clone(), Value::Null, 2, 2), "ok");
        assert_eq!(judged(why.clone(), json!("404"), 0, 0), "ok");
        assert!(judged(none.clone(), json!("404"), 0, 0).contains("`page` went wrong"));
        assert!(judged(why, Value::Null, 0, 0).contains("does not go wrong any more"));
        assert!(judged(none.clone(), Value::Null, 1, 2).contains("`1` early calls are reported and `2` were made"));
        assert!(judged(none, Value::Null, 3, 2).contains("as it comes, soon"));
    }
}
