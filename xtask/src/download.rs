//! Getting packages from apt's mirror, with progress, and checking that they are what the lists promised.

use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::apt::{self, Package};
use crate::bootstrap::say;
use crate::process;

/// Downloads what is not there yet. A package that an earlier run completed is kept, one it left half is replaced.
pub fn all(packages: &[Package], dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create `{}`", dir.display()))?;
    let mut missing = Vec::new();
    for package in packages {
        if !is_intact(package, dir)? {
            missing.push(package);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let total = missing.iter().map(|package| package.size).sum();
    say(&format!("downloading {} of Debian's packages, {} in all", missing.len(), process::mebibytes(total)));
    for (index, package) in missing.iter().enumerate() {
        say(&format!("  {}/{} {}, {}", index + 1, missing.len(), package.name, process::mebibytes(package.size)));
        one(package, dir)?;
    }
    Ok(())
}

fn one(package: &Package, dir: &Path) -> Result<()> {
    // apt would take a damaged file of the right size for finished.
    let _ = fs::remove_file(dir.join(package.file_name()));
    let mut get = apt::get();
    if !std::io::stderr().is_terminal() {
        get.arg("-qq");
    }
    get.current_dir(dir).arg("download").arg(format!("{}={}", package.name, package.version));
    process::run_aside(&mut get)?;
    if !is_intact(package, dir)? {
        bail!("`{}` is not what the package lists promise", package.file_name());
    }
    Ok(())
}

fn is_intact(package: &Package, dir: &Path) -> Result<bool> {
    let file = dir.join(package.file_name());
    if !file.is_file() {
        return Ok(false);
    }
    let digest = process::output(Command::new("sha256sum").arg(&file))?;
    // A leading backslash says that the file's name is escaped.
    Ok(digest.trim_start_matches('\\').split_whitespace().next() == Some(package.sha256.as_str()))
}
