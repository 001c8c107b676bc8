//! The bootstrap: a toolchain that compiles for `wasm32-unknown-unknown`, from the nearest place that has one.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::layout::Layout;
use crate::toolchain::{TARGET, Toolchain, active_rustc};
use crate::{debian, process};

/// Finds or fetches a toolchain. Cheap when there is one: nothing is fetched, built or asked of the network.
pub fn run(layout: &Layout) -> Result<Toolchain> {
    if active_has_target() {
        say(&format!("nothing to do, the active toolchain has {TARGET}"));
        return Ok(Toolchain::Active);
    }
    if let Some(dir) = debian::ready(layout) {
        say(&format!("nothing to do, Debian's Rust is unpacked in `{}`", dir.display()));
        return Ok(Toolchain::Unpacked(dir));
    }
    let rustup = match add_with_rustup() {
        Ok(()) => return Ok(Toolchain::Active),
        Err(reason) => format!("{reason:#}"),
    };
    say(&format!("rustup cannot help: {rustup}"));
    match debian::install(layout) {
        Ok(dir) => Ok(Toolchain::Unpacked(dir)),
        Err(reason) => bail!(
            "nothing here compiles for `{TARGET}`. rustup: {rustup}. Debian packages: {reason:#}. \
             {}, then retry",
            advice()
        ),
    }
}

/// One step, for a person to follow.
pub fn say(step: &str) {
    process::say(&format!("bootstrap: {step}"));
}

/// Whether the active toolchain brings the target's standard library.
fn active_has_target() -> bool {
    let libraries = process::output(active_rustc().args(["--print", "target-libdir", "--target", TARGET]));
    libraries.is_ok_and(|path| Path::new(path.trim()).is_dir())
}

fn add_with_rustup() -> Result<()> {
    if process::find("rustup").is_none() {
        bail!("`rustup` is not on PATH");
    }
    if std::env::var_os("RUSTUP_AUTO_INSTALL").is_some_and(|value| value == "0") {
        bail!("`RUSTUP_AUTO_INSTALL` is `0`, which says not to install on our own");
    }
    say(&format!("running `rustup target add {TARGET}`"));
    process::run_aside(Command::new("rustup").args(["target", "add", TARGET]))?;
    if !active_has_target() {
        bail!("it added the target, but not to the active compiler");
    }
    Ok(())
}

fn advice() -> String {
    match process::find("rustup") {
        Some(_) => format!("Run `rustup target add {TARGET}`"),
        None => format!("Install rustup and run `rustup target add {TARGET}`, or your system's package of that target"),
    }
}
