//! The components: the guest compiled for its worlds, each encoded from its core module.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use wit_component::ComponentEncoder;

use crate::layout::{self, Layout};
use crate::toolchain::{TARGET, Toolchain};
use crate::{bootstrap, process};

/// The worlds of `wit/worlds.wit`; each is a Cargo feature of the guest.
pub const WORLDS: [&str; 2] = ["planner", "client"];

/// A component that the build writes, as `headroom-<name>.wasm`.
struct Kind {
    name: &'static str,
    world: &'static str,
    opt_level: &'static str,
}

/// The planner is downloaded by browsers and is made as small as can be. The client runs in servers and in the
/// simulator; for a tenth more bytes a call takes some tenth less time. The fast planner is the same source for servers
/// that embed it: half again as large, some three tenths less time for a `quota-check`.
const KINDS: [Kind; 3] = [
    Kind { name: "planner", world: "planner", opt_level: "z" },
    Kind { name: "client", world: "client", opt_level: "s" },
    Kind { name: "planner-fast", world: "planner", opt_level: "3" },
];

/// What the compiler may use of WebAssembly for [`TARGET`] and so Binaryen, too.
const FEATURES: [&str; 6] =
    ["bulk-memory", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"];

/// Finds a toolchain and builds the components with it.
pub fn run(layout: &Layout) -> Result<()> {
    build(layout, &bootstrap::run(layout)?)
}

/// Builds the components and prints their sizes.
pub fn build(layout: &Layout, toolchain: &Toolchain) -> Result<()> {
    let manifest = layout.guest().join("Cargo.toml");
    if !manifest.is_file() {
        bail!("`{}` is missing; is the clone complete?", manifest.display());
    }
    let target = layout.target.join("guest");
    // All leave their module under one name.
    let _lock = layout::lock(&target)?;
    for Kind { name, world, opt_level } in KINDS {
        process::say(&format!("build-guest: compiling the {name}"));
        let mut cargo = toolchain.cargo_build(layout)?;
        cargo.current_dir(layout.guest()).args(["--locked", "--no-default-features", "--features", world]);
        cargo.arg("--target-dir").arg(&target);
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", opt_level);
        // Cargo keeps one library of this kind per package and compiles it anew on each change of features, unless
        // this is set. Were it to be ignored one day, builds would only be slower.
        cargo.env("__CARGO_DEFAULT_LIB_METADATA", "headroom");
        process::run_aside(&mut cargo)?;

        let module = target.join(TARGET).join("release/headroom_guest.wasm");
        let module = optimized(&module, opt_level, toolchain)?;
        let component = encode(&module).with_context(|| format!("cannot encode the {name}"))?;
        let name = format!("headroom-{name}.wasm");
        write_if_changed(&layout.components().join(&name), &component)?;
        process::print(&format!("build-guest: {name} is {}", process::kibibytes(component.len() as u64)));
    }
    Ok(())
}

/// The module as Binaryen leaves it, which sees what the compiler does not: a twentieth less. Without Binaryen it does the
/// same and stays larger.
fn optimized(module: &Path, opt_level: &str, toolchain: &Toolchain) -> Result<PathBuf> {
    let Some(wasm_opt) = toolchain.wasm_opt() else {
        process::say("build-guest: `wasm-opt` is not on PATH; the component will be a twentieth larger without it");
        return Ok(module.to_owned());
    };
    let optimized = module.with_extension("optimized.wasm");
    let features = FEATURES.map(|feature| format!("--enable-{feature}"));
    let mut command = Command::new(wasm_opt);
    command.arg(module).arg(format!("-O{opt_level}")).args(features).arg("-o").arg(&optimized);
    process::run_aside(&mut command)?;
    Ok(optimized)
}

fn encode(module: &Path) -> Result<Vec<u8>> {
    let module = fs::read(module).with_context(|| format!("cannot read `{}`", module.display()))?;
    without_names(&ComponentEncoder::default().validate(true).module(&module)?.encode()?)
}

/// A component without the names of its parts, which only a debugger would show; the encoder always writes them.
fn without_names(component: &[u8]) -> Result<Vec<u8>> {
    const HEADER: usize = 8;
    let (header, mut rest) = component.split_at_checked(HEADER).context("a component without a header")?;
    let mut kept = header.to_vec();
    while !rest.is_empty() {
        let (section, after) = next_section(rest).context("a section is cut short")?;
        if !is_of_names(section) {
            kept.extend_from_slice(section.whole);
        }
        rest = after;
    }
    Ok(kept)
}

#[derive(Clone, Copy)]
struct Section<'a> {
    id: u8,
    /// With its id and size.
    whole: &'a [u8],
    content: &'a [u8],
}

fn next_section(bytes: &[u8]) -> Option<(Section<'_>, &[u8])> {
    let (&id, sized) = bytes.split_first()?;
    let (size, content) = leb128(sized)?;
    let (content, after) = content.split_at_checked(size)?;
    let whole = &bytes[..bytes.len() - after.len()];
    Some((Section { id, whole, content }, after))
}

/// A custom section is one of id 0, and begins with its name.
fn is_of_names(section: Section<'_>) -> bool {
    let name = || leb128(section.content).and_then(|(len, name)| name.get(..len));
    section.id == 0 && name() == Some(b"component-name")
}

/// A number of WebAssembly's binary format, and what follows it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let len = bytes.iter().take(5).position(|byte| byte & 0x80 == 0)? + 1;
    let (digits, rest) = bytes.split_at(len);
    let number = digits.iter().rev().fold(0_u64, |number, byte| (number << 7) | u64::from(byte & 0x7F));
    Some((usize::try_from(number).ok()?, rest))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_of_names_is_left_out_and_every_other_byte_stays() {
        let names = [&[0, 16, 14][..], b"component-name", &[7]].concat();
        let long = [&[1, 0x80, 0x01][..], &[9; 128]].concat();
        let other = [&[0, 3, 2][..], b"ab"].concat();
        let kept = [b"\0asm\x0d\0\x01\0", long.as_slice(), &other].concat();
        for place in [8, 8 + long.len(), kept.len()] {
            let component = [&kept[..place], &names, &kept[place..]].concat();
            assert_eq!(without_names(&component).unwrap(), kept);
        }
        assert!(without_names(&kept[..20]).is_err(), "a section that is cut short is no component");
    }
}
