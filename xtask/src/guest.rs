//! The two components: the guest compiled once per world, each encoded from its core module.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use wit_component::ComponentEncoder;

use crate::layout::{self, Layout};
use crate::toolchain::{TARGET, Toolchain};
use crate::{bootstrap, process};

/// The worlds of `wit/worlds.wit`; each is a Cargo feature of the guest.
pub const WORLDS: [&str; 2] = ["planner", "client"];

/// Finds a toolchain and builds both components with it.
pub fn run(layout: &Layout) -> Result<()> {
    build(layout, &bootstrap::run(layout)?)
}

/// Builds both components and prints their sizes.
pub fn build(layout: &Layout, toolchain: &Toolchain) -> Result<()> {
    let manifest = layout.guest().join("Cargo.toml");
    if !manifest.is_file() {
        bail!("`{}` is missing; is the clone complete?", manifest.display());
    }
    let target = layout.target.join("guest");
    // Both worlds leave their module under one name.
    let _lock = layout::lock(&target)?;
    for world in WORLDS {
        process::say(&format!("build-guest: compiling the {world} world"));
        let mut cargo = toolchain.cargo_build(layout)?;
        cargo.current_dir(layout.guest()).args(["--locked", "--no-default-features", "--features", world]);
        cargo.arg("--target-dir").arg(&target);
        // Cargo keeps one library of this kind per package and compiles it anew on each change of features, unless
        // this is set. Were it to be ignored one day, builds would only be slower.
        cargo.env("__CARGO_DEFAULT_LIB_METADATA", "headroom");
        process::run_aside(&mut cargo)?;

        let module = target.join(TARGET).join("release/headroom_guest.wasm");
        let component = encode(&module).with_context(|| format!("cannot encode the `{world}` world"))?;
        let name = format!("headroom-{world}.wasm");
        write_if_changed(&layout.components().join(&name), &component)?;
        process::print(&format!("build-guest: {name} is {}", process::kibibytes(component.len() as u64)));
    }
    Ok(())
}

fn encode(module: &Path) -> Result<Vec<u8>> {
    let module = fs::read(module).with_context(|| format!("cannot read `{}`", module.display()))?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

/// A reader never sees half a file, and what has not changed keeps its time.
fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let write = || {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        let unfinished = path.with_extension("unfinished");
        fs::write(&unfinished, bytes)?;
        fs::rename(&unfinished, path)
    };
    write().with_context(|| format!("cannot write `{}`", path.display()))
}
