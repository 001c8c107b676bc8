//! Debian's Rust, unpacked below the target folder: neither installed nor in need of root.
//!
//! Debian ships the compiler, its host library and the library's sources from one build, so the sources compile with
//! that compiler for any target. Everything happens in a folder of its own that gets its final name last, so a run
//! that was interrupted leaves nothing that looks finished.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::apt::{self, Package};
use crate::bootstrap::say;
use crate::layout::{self, Layout};
use crate::{download, probe, process, toolchain};

/// The programs this takes; every Debian has them.
const PROGRAMS: &[&str] = &["apt-get", "apt-cache", "dpkg", "dpkg-query", "sha256sum"];

/// Lists what was unpacked, and by its presence says that all of it was proved to work.
const STAMP: &str = "ready";

/// The unpacked toolchain, if a run before this one finished it.
pub fn ready(layout: &Layout) -> Option<PathBuf> {
    let dir = layout.toolchain().join("debian");
    let parts = [dir.join(STAMP), toolchain::rustc_in(&dir), toolchain::wasm_opt_in(&dir)];
    parts.iter().all(|part| part.is_file()).then_some(dir)
}

/// Downloads, unpacks and proves the toolchain.
pub fn install(layout: &Layout) -> Result<PathBuf> {
    suits_this_machine()?;
    let _lock = layout::lock(&layout.toolchain())?;
    if let Some(dir) = ready(layout) {
        return Ok(dir);
    }
    let downloads = layout.toolchain().join("download");
    let packages = fetch(&downloads)?;

    let unfinished = layout.toolchain().join("unfinished");
    clear(&unfinished)?;
    unpack(&packages, &downloads, &unfinished)?;
    say("proving it: compiling the core library for wasm and linking it, some 10 s");
    probe::run(&unfinished)?;
    let stamp: String = packages.iter().map(|package| format!("{} {}\n", package.name, package.version)).collect();
    fs::write(unfinished.join(STAMP), stamp).context("cannot write the stamp")?;

    let dir = layout.toolchain().join("debian");
    clear(&dir)?;
    fs::rename(&unfinished, &dir).with_context(|| format!("cannot rename to `{}`", dir.display()))?;
    clear(&downloads)?;
    say(&format!("done, Debian's Rust is unpacked in `{}`", dir.display()));
    Ok(dir)
}

fn suits_this_machine() -> Result<()> {
    let arch = std::env::consts::ARCH;
    if !cfg!(target_os = "linux") || !["x86_64", "aarch64"].contains(&arch) {
        bail!("not for `{arch}` `{}`", std::env::consts::OS);
    }
    match PROGRAMS.iter().find(|program| process::find(program).is_none()) {
        Some(missing) => bail!("`{missing}` is not on PATH"),
        None => Ok(()),
    }
}

/// Gets every package. Lists that are missing or out of date are fetched once, which only root can do.
fn fetch(downloads: &Path) -> Result<Vec<Package>> {
    let attempt = || {
        let packages = apt::resolve()?;
        is_new_enough(&packages)?;
        download::all(&packages, downloads)?;
        anyhow::Ok(packages)
    };
    let problem = match attempt() {
        Ok(packages) => return Ok(packages),
        Err(problem) => problem,
    };
    if !is_root() {
        bail!("{problem:#}; if the package lists are missing or old, run `apt-get update` as root");
    }
    say(&format!("{problem:#}; running `apt-get update` for new package lists"));
    process::run_aside(apt::get().args(["-q", "update"]))?;
    attempt()
}

/// Old lists name an old compiler, and its mirror still has it: without this, 130 MB would be downloaded for nothing.
fn is_new_enough(packages: &[Package]) -> Result<()> {
    let numbers =
        |version: &str| -> Vec<u32> { version.split(['.', '+', '~', '-']).map_while(|n| n.parse().ok()).collect() };
    let needed = env!("CARGO_PKG_RUST_VERSION");
    let Some(compiler) = packages.iter().find(|package| package.name == apt::COMPILER) else { return Ok(()) };
    if numbers(&compiler.version) < numbers(needed) {
        bail!("the package lists have `{}` {}, and this takes {needed} or newer", compiler.name, compiler.version);
    }
    Ok(())
}

fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn unpack(packages: &[Package], downloads: &Path, into: &Path) -> Result<()> {
    say(&format!("unpacking {} packages", packages.len()));
    fs::create_dir_all(into).with_context(|| format!("cannot create `{}`", into.display()))?;
    for package in packages {
        process::run_aside(Command::new("dpkg").arg("-x").arg(downloads.join(package.file_name())).arg(into))?;
    }
    // The compiler's own sources and tests come along, 365 MB that nobody compiles.
    let sources = toolchain::sources_in(into);
    ["compiler", "src"].into_iter().try_for_each(|unused| clear(&sources.join(unused)))
}

fn clear(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", dir.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_older_than_this_project_is_not_downloaded() {
        let check = |version| is_new_enough(&[Package::of_version(apt::COMPILER, version)]);
        for old in ["1.85.0+dfsg3-1~deb12u3", "1.94.9-1", "0.99"] {
            assert!(check(old).unwrap_err().to_string().contains(old));
        }
        for new in [concat!(env!("CARGO_PKG_RUST_VERSION"), ".0+dfsg-1"), "1.100.1~deb12u1", "2.0"] {
            check(new).unwrap();
        }
    }
}
