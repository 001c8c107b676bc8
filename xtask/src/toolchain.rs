//! A toolchain for the guest, and what the guest's build has to be told to use it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::layout::Layout;
use crate::process;

/// What the guest is compiled for. Not wasip2, whose standard library imports clocks and the environment; encoded from
/// this target a component imports only what its world names.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A toolchain that can compile for [`TARGET`].
pub enum Toolchain {
    /// The active one; it has the target's standard library.
    Active,
    /// Debian's, unpacked at this folder; the standard library is built from its sources.
    Unpacked(PathBuf),
}

impl Toolchain {
    /// `cargo build` for [`TARGET`], with nothing in its environment that was meant for the host's build.
    pub fn cargo_build(&self, layout: &Layout) -> Result<Command> {
        let mut cargo = layout.cargo();
        for (key, _) in std::env::vars_os() {
            if key.to_str().is_some_and(is_meant_for_the_host) {
                cargo.env_remove(key);
            }
        }
        // Empty means "none, whatever a configuration file says".
        cargo.env("RUSTC_WRAPPER", "").env("RUSTC_WORKSPACE_WRAPPER", "");
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.flags(layout));
        cargo.args(["build", "--release", "--target", TARGET]);
        if let Self::Unpacked(dir) = self {
            debian_env(&mut cargo, dir);
            cargo.env("RUSTC", rustc_in(dir));
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?);
            cargo.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
        }
        Ok(cargo)
    }

    /// Binaryen's optimiser: the unpacked one, or whatever is on PATH beside the active toolchain.
    pub fn wasm_opt(&self) -> Option<PathBuf> {
        match self {
            Self::Active => process::find("wasm-opt"),
            Self::Unpacked(dir) => Some(wasm_opt_in(dir)),
        }
    }

    /// Keeps this machine's folders out of the component's panic messages, and the component small.
    fn flags(&self, layout: &Layout) -> OsString {
        let mut names = vec![(layout.root.clone(), ".")];
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        if let Some(home) = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))) {
            names.push((home.join("registry/src"), "registry"));
        }
        if let Self::Unpacked(dir) = self {
            names.push((sources_in(dir), "rust"));
        }
        let flags = names.into_iter().map(|(path, name)| {
            let mut flag = OsString::from("--remap-path-prefix=");
            flag.push(path);
            flag.push("=");
            flag.push(name);
            flag
        });
        // The linker leaves five bytes for each address it fills in; this takes back those that are not needed.
        // A loop that counts in steps of addresses needs more locals than one that multiplies: 2 KB.
        let mut size = vec!["-Clink-arg=--compress-relocations", "-Cllvm-args=-disable-lsr"];
        if let Self::Unpacked(_) = self {
            // A panic is a trap either way, and nobody can read its message.
            size.extend(["-Zunstable-options", "-Cpanic=immediate-abort"]);
        }
        flags.chain(size.into_iter().map(OsString::from)).collect::<Vec<_>>().join("\u{1f}".as_ref())
    }
}

/// Whether a variable is about the build that runs xtask and would mislead the guest's.
fn is_meant_for_the_host(key: &str) -> bool {
    const NAMES: &[&str] =
        &["RUSTFLAGS", "RUSTDOCFLAGS", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "CARGO_INCREMENTAL"];
    const PREFIXES: &[&str] =
        &["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_UNSTABLE_"];
    key != "CARGO_BUILD_JOBS" && (NAMES.contains(&key) || PREFIXES.iter().any(|prefix| key.starts_with(prefix)))
}

/// The compiler of the toolchain unpacked at `dir`, ready to be given arguments.
pub fn debian_rustc(dir: &Path) -> Command {
    let mut rustc = Command::new(rustc_in(dir));
    debian_env(&mut rustc, dir);
    rustc
}

/// The standard library's sources in the toolchain unpacked at `dir`.
pub fn sources_in(dir: &Path) -> PathBuf {
    dir.join("usr/lib/rustlib/src/rust")
}

/// The compiler in the toolchain unpacked at `dir`.
pub fn rustc_in(dir: &Path) -> PathBuf {
    dir.join("usr/bin/rustc")
}

/// Binaryen's optimiser in the toolchain unpacked at `dir`.
pub fn wasm_opt_in(dir: &Path) -> PathBuf {
    dir.join("usr/bin/wasm-opt")
}

fn debian_env(command: &mut Command, dir: &Path) {
    let triple = format!("{}-linux-gnu", std::env::consts::ARCH);
    // Our own value, not appended to Cargo's: that one leads to the active toolchain's libraries.
    let mut libraries = dir.join("usr/lib").join(&triple).into_os_string();
    libraries.push(":");
    libraries.push(dir.join("lib").join(&triple));
    command.env("LD_LIBRARY_PATH", libraries);
    // Building the standard library takes unstable options; these sources fit this very compiler.
    command.env("RUSTC_BOOTSTRAP", "1");
}

/// A linker for wasm: the one that comes with the active toolchain, else one that is installed.
pub fn linker() -> Result<PathBuf> {
    let libraries = process::output(active_rustc().args(["--print", "target-libdir"]))?;
    let rustlib = Path::new(libraries.trim()).parent().context("`rustc --print target-libdir` printed no path")?;
    let bundled = rustlib.join("bin/rust-lld");
    if bundled.is_file() {
        return Ok(bundled);
    }
    match ["rust-lld", "wasm-ld"].into_iter().find_map(process::find) {
        Some(linker) => Ok(linker),
        None => bail!("no linker for `{TARGET}`: the active toolchain has no `rust-lld`; install `lld`, then retry"),
    }
}

/// The compiler that plain `cargo build` would use here.
pub fn active_rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_about_the_hosts_build_stays_out_of_the_guests() {
        for key in ["RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_PROFILE_RELEASE_DEBUG", "CARGO_PKG_VERSION"] {
            assert!(is_meant_for_the_host(key), "{key}");
        }
    }

    #[test]
    fn the_persons_network_and_machine_settings_reach_the_guests_build() {
        for key in
            ["PATH", "CARGO_HOME", "CARGO_BUILD_JOBS", "CARGO_NET_OFFLINE", "CARGO_TERM_COLOR", "RUSTUP_TOOLCHAIN"]
        {
            assert!(!is_meant_for_the_host(key), "{key}");
        }
    }
}
