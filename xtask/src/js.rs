//! The npm package in `js/`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::Result;

use crate::layout::Layout;
use crate::process;

/// Builds the package, or says why that is not possible here.
pub fn run(layout: &Layout) -> Result<()> {
    match obstacle(layout) {
        Some(why) => {
            process::print(&format!("skipped: js: {why}"));
            Ok(())
        }
        None => build(layout),
    }
}

/// Why nothing can be run in `js/`, if so.
pub fn obstacle(layout: &Layout) -> Option<String> {
    if !layout.js().join("package.json").is_file() {
        return Some("there is no `js/package.json`".into());
    }
    let missing = ["node", "npm"].into_iter().find(|program| process::find(program).is_none())?;
    Some(format!("`{missing}` is not on PATH"))
}

/// Installs what the lock file names, unless that was done, and builds.
pub fn build(layout: &Layout) -> Result<()> {
    install(&layout.js())?;
    process::run_aside(npm(layout).args(["run", "build"]))
}

/// Installs what the lock file in a folder names, unless that was done.
pub fn install(dir: &Path) -> Result<()> {
    if changed(&dir.join("package-lock.json")) > changed(&dir.join("node_modules/.package-lock.json")) {
        process::run_aside(Command::new("npm").current_dir(dir).args(["ci", "--no-audit", "--no-fund"]))?;
    }
    Ok(())
}

/// npm in `js/`, told where the components are.
pub fn npm(layout: &Layout) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(layout.js()).env("CARGO_TARGET_DIR", &layout.target);
    npm
}

/// When a file was last written; one that does not exist is older than every other.
fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
