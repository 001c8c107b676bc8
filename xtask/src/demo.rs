//! Both scenarios, each followed by what it shows.

use std::process::Command;

use anyhow::{Result, bail};

use crate::layout::Layout;
use crate::{guest, process};

/// Scenarios and the sentence after each. No figures: the tables have them.
const SCENARIOS: [(&str, &str); 2] = [
    (
        "page-sync",
        "What this shows: headroom stops at the hourly wall by itself and ends within a hundredth of what the best \
         client could reach; the documented pseudocode waits about twice as long as it was told and gives pages up; \
         sending without retry loses most of them.",
    ),
    (
        "rush",
        "What this shows: one instance in front of the function, shared by all, lets every invocation through at the \
         pace of the limits; the sample of RFC 130 in every browser, three tries without jitter, loses most of them.",
    ),
];

/// Builds what is needed and runs the scenarios.
pub fn run(layout: &Layout) -> Result<()> {
    guest::run(layout)?;
    process::say("demo: compiling the headroom program");
    process::run(layout.cargo().args(["build", "--release", "--locked", "-p", "headroom-cli"]))?;
    let program = layout.target.join("release").join(format!("headroom{}", std::env::consts::EXE_SUFFIX));
    for (scenario, sentence) in SCENARIOS {
        process::print(&format!("\n$ headroom simulate {scenario}"));
        let status = Command::new(&program).current_dir(&layout.root).args(["simulate", scenario]).status();
        match status {
            Ok(status) if status.success() => process::print(&format!("\n{sentence}")),
            Ok(status) => bail!("`headroom simulate {scenario}` failed ({status})"),
            Err(error) => bail!("cannot run `{}`: {error}", program.display()),
        }
    }
    Ok(())
}
