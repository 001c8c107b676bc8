//! Where things lie.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The folders of one clone. All paths are absolute.
pub struct Layout {
    /// The workspace's root.
    pub root: PathBuf,
    /// Cargo's target folder; all we write is below it.
    pub target: PathBuf,
}

impl Layout {
    /// Finds the clone that this program was started in, and its target folder (`CARGO_TARGET_DIR` is respected).
    pub fn find() -> Result<Self> {
        let root = match std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).as_deref().and_then(Path::parent) {
            Some(root) if root.join("xtask/Cargo.toml").is_file() => root.to_path_buf(),
            _ => locate_root()?,
        };
        let target = match std::env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()) {
            Some(dir) => std::path::absolute(dir).context("cannot resolve `CARGO_TARGET_DIR`")?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// Where build-guest puts the components.
    pub fn components(&self) -> PathBuf {
        self.target.join("components")
    }

    /// The guest's workspace, which has a target, a profile and a lock file of its own.
    pub fn guest(&self) -> PathBuf {
        self.root.join("guest")
    }

    /// The npm package.
    pub fn js(&self) -> PathBuf {
        self.root.join("js")
    }

    /// What the bootstrap downloads and unpacks.
    pub fn toolchain(&self) -> PathBuf {
        self.target.join("toolchain")
    }

    /// Cargo, run in the workspace's root, writing to the same target folder as we.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(cargo_program());
        cargo.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        cargo
    }
}

/// Takes `dir`'s lock, waiting for another xtask that has it. It is given back when the file is dropped.
pub fn lock(dir: &Path) -> Result<File> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create `{}`", dir.display()))?;
    let path = dir.join("xtask.lock");
    let file = File::create(&path).with_context(|| format!("cannot create `{}`", path.display()))?;
    if file.try_lock().is_err() {
        process::say(&format!("waiting for another xtask to release `{}`", path.display()));
        file.lock().with_context(|| format!("cannot lock `{}`", path.display()))?;
    }
    Ok(file)
}

/// The Cargo that runs us: rustup's proxy would choose the toolchain anew.
fn cargo_program() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn locate_root() -> Result<PathBuf> {
    let mut cargo = Command::new(cargo_program());
    cargo.args(["locate-project", "--workspace", "--message-format", "plain"]);
    let manifest = process::output(&mut cargo).context("not inside the workspace; change into the clone and retry")?;
    let root = Path::new(manifest.trim()).parent().context("`cargo locate-project` printed no path")?;
    Ok(root.to_path_buf())
}
