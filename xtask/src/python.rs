//! A Python with packages of its own, below the target folder: a person's own one is left alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::layout::{self, Layout};
use crate::process;

/// The oldest that the packages still take.
const OLDEST: (u32, u32) = (3, 11);
/// Prints the version, if an environment can be made: Debian leaves that to a package of its own.
const PROBE: &str = "import sys, venv, ensurepip; print(*sys.version_info[:2])";

/// Why no environment can be made here, if so.
pub fn obstacle() -> Option<String> {
    let Some(python) = process::find("python3") else { return Some("`python3` is not on PATH".to_owned()) };
    match process::output(Command::new(python).args(["-c", PROBE])) {
        Ok(version) => too_old(&version),
        Err(_) => Some("`python3` has no venv or no pip; `apt-get install python3-venv`, then retry".to_owned()),
    }
}

/// Makes the environment `target/venv/{name}` with exactly what a requirements file names, each with its hash, and
/// returns the path of its Python. One that is there already for the same file is left as it is.
pub fn environment(layout: &Layout, name: &str, requirements: &Path) -> Result<PathBuf> {
    let venvs = layout.target.join("venv");
    let _lock = layout::lock(&venvs)?;
    let dir = venvs.join(name);
    let wanted =
        fs::read_to_string(requirements).with_context(|| format!("cannot read `{}`", requirements.display()))?;
    let python = dir.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let installed = dir.join("installed.txt");
    // A Python that was removed since leaves a link to nothing behind.
    let runs = || process::output(Command::new(&python).arg("--version")).is_ok();
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) && runs() {
        return Ok(python);
    }
    process::say(&format!("installing `{}` into `{}`", requirements.display(), dir.display()));
    // What is there may be half of it, or of another Python.
    let _ = fs::remove_file(&installed);
    process::run_aside(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&dir))?;
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
    ]);
    process::run_aside(pip.arg(requirements))?;
    fs::write(&installed, wanted).with_context(|| format!("cannot write `{}`", installed.display()))?;
    Ok(python)
}

/// Of a version such as `3 11`.
fn too_old(version: &str) -> Option<String> {
    let (major, minor) = version.trim().split_once(' ').unwrap_or_default();
    let is_new = major.parse().ok().zip(minor.parse().ok()).is_some_and(|version: (u32, u32)| version >= OLDEST);
    (!is_new).then(|| format!("`python3` is `{}`; install {}.{} or later", version.trim(), OLDEST.0, OLDEST.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_before_the_oldest_is_an_obstacle_and_a_later_one_is_none() {
        for new in ["3 11\n", "3 12", "4 0"] {
            assert_eq!(too_old(new), None, "{new}");
        }
        for old in ["3 9\n", "3 10", "2 99", "", "three ten"] {
            assert!(too_old(old).is_some_and(|why| why.contains(&format!("`{}`", old.trim()))), "{old}");
        }
    }
}
