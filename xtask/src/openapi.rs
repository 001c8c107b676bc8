//! The control of `headroom serve`, tried by Schemathesis with whatever its OpenAPI document allows and forbids.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::layout::Layout;
use crate::process;
use crate::python;
use crate::served::{Served, TOKEN};

/// Requests for each route.
const EXAMPLES: &str = "40";

/// Starts a server and tries it; `seed` draws the requests.
pub fn check(layout: &Layout, seed: &str) -> Result<()> {
    let python = python::environment(layout, "openapi", &layout.root.join("serve/tests/openapi/requirements.txt"))?;
    // What it remembers of earlier runs would make this one another.
    let dir = layout.target.join("openapi");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).with_context(|| format!("cannot create `{}`", dir.display()))?;
    let served = Served::start(layout, TOKEN)?;
    // So that there is something to tell.
    served.use_up()?;
    let mut tried = Command::new(python);
    tried
        .current_dir(&dir)
        .args(["-m", "schemathesis.cli", "run"])
        .arg(format!("{}/_headroom/openapi.json", served.url));
    tried.arg("--header").arg(format!("Authorization: Bearer {TOKEN}"));
    tried.args(["--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--seed", seed]);
    // A stream has no end to wait for; `serve/tests/openapi.rs` reads it.
    tried.args(["--max-examples", EXAMPLES, "--exclude-operation-id", "events", "--request-timeout", "10"]);
    process::run(&mut tried)
}
