//! The proof that an unpacked toolchain works, before anybody relies on it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::toolchain::{TARGET, debian_rustc, linker, sources_in};

/// Nothing is taken from the toolchain but the core library that the probe itself has compiled.
const PROGRAM: &str = "\
#![feature(no_core)]
#![no_core]
extern crate core;
use core::prelude::rust_2024::*;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[unsafe(no_mangle)]
pub extern \"C\" fn triangle(n: u32) -> u32 {
    (0..n).fold(0, |sum, k| sum + k)
}
";

/// Compiles the core library from the unpacked sources for wasm, then links a tiny module against it. It takes some
/// seconds, and a compiler, sources or linker that do not fit together do not survive it.
pub fn run(toolchain: &Path) -> Result<()> {
    let dir = toolchain.join("probe");
    fs::create_dir_all(&dir).context("cannot create the probe's folder")?;
    let program = dir.join("probe.rs");
    fs::write(&program, PROGRAM).context("cannot write the probe")?;

    let mut core = debian_rustc(toolchain);
    core.args(["--crate-name", "core", "--crate-type", "rlib", "--cap-lints", "allow"]);
    core.arg(sources_in(toolchain).join("library/core/src/lib.rs"));
    let mut module = debian_rustc(toolchain);
    module.args(["--crate-name", "probe", "--crate-type", "cdylib", "--extern", "core=libcore.rlib"]);
    module.arg("-C").arg({
        let mut option = std::ffi::OsString::from("linker=");
        option.push(linker()?);
        option
    });
    module.arg(&program);
    for mut rustc in [core, module] {
        rustc.current_dir(&dir).args(["--edition", "2024", "--target", TARGET, "-C", "panic=abort", "--out-dir", "."]);
        process::output(&mut rustc).context("what was unpacked does not compile")?;
    }
    let wasm = fs::read(dir.join("probe.wasm")).context("the probe was not linked")?;
    if !wasm.starts_with(b"\0asm") {
        bail!("the probe was linked to something else than a wasm module");
    }
    fs::remove_dir_all(&dir).context("cannot remove the probe's folder")
}
