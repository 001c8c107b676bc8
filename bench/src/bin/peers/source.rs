//! What the document shows of the sources: the lines of a configuration and the versions, as they are now.

use crate::{child, crates, run};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// A client with both configurations, as Markdown.
pub fn configurations() -> Result<String> {
    let mut text = String::new();
    for (name, packages) in run::PACKAGES {
        let code = read(&child::folder().join("peers").join(format!("{name}.js")))?;
        let versions: Result<Vec<String>> = packages.iter().map(|package| npm_version(package)).collect();
        section(&mut text, name, &versions?.join(", "), "js", &code)?;
    }
    for (name, ..) in crates::ALL {
        let file = format!("src/bin/peers/crates/{}.rs", name.replace('-', "_"));
        let code = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file))?;
        section(&mut text, name, &format!("{name} {}", crate_version(name)?), "rust", &code)?;
    }
    let code = read(&child::folder().join("peers/retry-after.js"))?;
    let _ = write!(text, "What those in JavaScript share:\n\n```js\n{}```\n", code.trim_start_matches('\n'));
    Ok(text)
}

fn section(text: &mut String, name: &str, versions: &str, language: &str, code: &str) -> Result<()> {
    let _ = write!(text, "### {name}\n\n{versions}\n\n");
    for setting in run::MADE {
        let lines = between(code, setting).with_context(|| format!("`{name}`"))?;
        let title = if setting == "invoked" { "best, where invocations are called" } else { setting };
        let _ = write!(text, "{title}:\n\n```{language}\n{lines}```\n\n");
    }
    Ok(())
}

/// The lines between the markers of a setting, as far to the left as they go.
fn between(code: &str, setting: &str) -> Result<String> {
    let (begin, end) = (format!("// begin {setting}"), format!("// end {setting}"));
    let mut lines = Vec::new();
    let mut is_within = false;
    for line in code.lines() {
        match line.trim() {
            marker if marker == begin => is_within = true,
            marker if marker == end => is_within = false,
            _ if is_within => lines.push(line),
            _ => {}
        }
    }
    if lines.is_empty() || is_within {
        bail!("there is nothing between `{begin}` and `{end}`");
    }
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let mut text = String::new();
    // What lies in several places of a program keeps the indent that each had.
    let least = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    for line in lines {
        text += line.get(least..).unwrap_or_default();
        text.push('\n');
    }
    Ok(text)
}

/// Of a package, as the lock file has it.
fn npm_version(package: &str) -> Result<String> {
    let lock: Value = serde_json::from_str(&read(&child::folder().join("package-lock.json"))?)?;
    let version = lock["packages"][format!("node_modules/{package}")]["version"].as_str();
    Ok(format!("{package} {}", version.with_context(|| format!("`{package}` is in no lock file"))?))
}

/// The version of Node that all of them run on.
pub fn node_version() -> Result<String> {
    npm_version("node")
}

/// Of a crate, as `Cargo.lock` has it.
fn crate_version(name: &str) -> Result<String> {
    let lock = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock"))?;
    let lock: toml::Table = lock.parse()?;
    let packages = lock.get("package").and_then(toml::Value::as_array).context("`Cargo.lock` has no packages")?;
    let mut known = packages.iter().filter(|package| package.get("name").and_then(toml::Value::as_str) == Some(name));
    let version = known.next().and_then(|package| package.get("version")?.as_str());
    version.map(str::to_owned).with_context(|| format!("`{name}` is not in `Cargo.lock`"))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_between_markers_are_moved_to_the_left_and_missing_markers_are_an_error() {
        let code = "fn f() {\n    // begin raw\n    a {\n        b\n    }\n    // end raw\n}\n";
        assert_eq!(between(code, "raw").unwrap(), "a {\n    b\n}\n");
        assert!(between(code, "best").is_err() && between("// begin raw\nx", "raw").is_err());
    }
}
