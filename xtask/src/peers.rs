//! Published clients beside ours in virtual time: `docs/peers.md`.

use std::process::Command;

use anyhow::Result;

use crate::layout::Layout;
use crate::{guest, js, process};

/// Runs all of them and writes the document, or says why that is not possible here.
pub fn run(layout: &Layout) -> Result<()> {
    if let Some(why) = obstacle() {
        process::print(&format!("skipped: peers: {why}"));
        return Ok(());
    }
    guest::run(layout)?;
    install(layout)?;
    process::run(layout.cargo().args(["build", "--workspace", "--locked", "--bin", "peers"]))?;
    process::run(&mut program(layout))
}

/// Why those in JavaScript cannot run here, if so.
pub fn obstacle() -> Option<String> {
    let missing = ["node", "npm"].into_iter().find(|program| process::find(program).is_none());
    missing.map(|program| format!("`{program}` is not on PATH"))
}

/// Scaled-down runs of two of those in JavaScript; `cargo test` runs those in Rust. Needs the program.
pub fn check(layout: &Layout) -> Result<()> {
    install(layout)?;
    process::run(program(layout).args(["small", "node"]))
}

fn install(layout: &Layout) -> Result<()> {
    js::install(&layout.root.join("bench/clients"))
}

fn program(layout: &Layout) -> Command {
    Command::new(layout.target.join("debug").join(format!("peers{}", std::env::consts::EXE_SUFFIX)))
}
