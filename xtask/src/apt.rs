//! What apt knows: which packages make up Debian's Rust and Binaryen here, and how large they are.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// Debian's newest Rust: the one that its browsers are built with.
pub const COMPILER: &str = "rustc-web";

/// Where the search for packages starts. Everything with a version in its name is found from these.
const SEEDS: &[&str] = &[COMPILER, "libstd-rust-web-dev", "rust-web-src", "binaryen"];

/// One package as apt would download it.
#[derive(Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `amd64`, `arm64` or `all`.
    architecture: String,
    /// The download in bytes.
    pub size: u64,
    /// The download's digest in lowercase hexadecimal.
    pub sha256: String,
}

impl Package {
    /// A package of which nothing but this matters.
    #[cfg(test)]
    pub fn of_version(name: &str, version: &str) -> Self {
        let (name, version) = (name.to_owned(), version.to_owned());
        Self { name, version, architecture: "amd64".to_owned(), size: 0, sha256: String::new() }
    }

    /// The name apt gives the downloaded file.
    pub fn file_name(&self) -> String {
        format!("{}_{}_{}.deb", self.name, self.version.replace(':', "%3a"), self.architecture)
    }
}

/// Every package to download, in a stable order.
pub fn resolve() -> Result<Vec<Package>> {
    let installed = process::output(english("dpkg-query").args(["-W", "-f", "${Package} ${db:Status-Status}\n"]))?;
    let installed: BTreeSet<&str> = installed.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    let names = closure(
        |name| Ok(parse_depends(&process::output(english("apt-cache").args(["depends", name]))?)),
        |name| installed.contains(name),
    )?;
    let shown = process::output(english("apt-cache").args(["show", "--no-all-versions"]).args(&names))?;
    let packages = parse_show(&shown)?;
    match names.iter().find(|name| packages.iter().all(|package| package.name != **name)) {
        Some(missing) => bail!("apt knows no package `{missing}`"),
        None => Ok(packages),
    }
}

/// `apt-get`, its messages in English. As root it would first try to download as another user, who cannot write here.
pub fn get() -> Command {
    let mut command = english("apt-get");
    command.args(["-o", "APT::Sandbox::User=root"]);
    command
}

fn english(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("LC_ALL", "C");
    command
}

/// Follows dependencies from the seeds to the parts of Rust and LLVM, and to libraries LLVM needs that this machine lacks.
fn closure(
    mut depends: impl FnMut(&str) -> Result<Vec<String>>,
    installed: impl Fn(&str) -> bool,
) -> Result<BTreeSet<String>> {
    let mut found: BTreeSet<String> = SEEDS.iter().map(ToString::to_string).collect();
    let mut open: Vec<String> = found.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for dependency in depends(&name)? {
            let ours = dependency.starts_with("libstd-rust-") || dependency.starts_with("libllvm");
            // Another C library than the running one cannot be loaded; every machine that gets here has one.
            let missing = dependency.starts_with("lib") && dependency != "libc6" && !installed(&dependency);
            if (ours || missing) && found.insert(dependency.clone()) {
                open.push(dependency);
            }
        }
    }
    Ok(found)
}

/// The packages named by `apt-cache depends`, without virtual ones (in angle brackets) and alternatives.
fn parse_depends(output: &str) -> Vec<String> {
    let names = output.lines().filter_map(|line| {
        let line = line.trim();
        line.strip_prefix("Depends: ").or_else(|| line.strip_prefix("PreDepends: "))
    });
    names.filter(|name| !name.starts_with('<')).map(ToString::to_string).collect()
}

/// The packages described by `apt-cache show`.
fn parse_show(output: &str) -> Result<Vec<Package>> {
    let stanzas = output.split("\n\n").filter(|stanza| !stanza.trim().is_empty());
    stanzas
        .map(|stanza| {
            let field = |key: &str| {
                let value = stanza.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
                value.with_context(|| format!("`apt-cache show` printed no `{key}`"))
            };
            let size = field("Size")?;
            Ok(Package {
                name: field("Package")?.to_string(),
                version: field("Version")?.to_string(),
                architecture: field("Architecture")?.to_string(),
                size: size.parse().with_context(|| format!("`apt-cache show` printed the size `{size}`"))?,
                sha256: field("SHA256")?.to_string(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPENDS: &str = "\
libllvm22
  PreDepends: libgcc-s1
  Depends: libc6
  Depends: <libc-dev>
    libc6-dev
 |Depends: libz3-4
  Conflicts: <rustup>
  Recommends: llvm
";

    #[test]
    fn only_real_dependencies_are_read() {
        assert_eq!(parse_depends(DEPENDS), ["libgcc-s1", "libc6"]);
    }

    #[test]
    fn versions_come_from_the_dependencies_and_a_bare_machine_gets_the_libraries_it_lacks() {
        let depends = |name: &str| {
            let names: &[&str] = match name {
                "rustc-web" => &["libc6", "gcc", "libstd-rust-web-dev"],
                "libstd-rust-web-dev" => &["libstd-rust-web-9.9"],
                "libstd-rust-web-9.9" => &["libllvm77", "libstdc++6"],
                "libllvm77" => &["libc6", "libz3-4"],
                _ => &[],
            };
            Ok(names.iter().map(ToString::to_string).collect())
        };
        let rust = ["binaryen", "libllvm77", "libstd-rust-web-9.9", "libstd-rust-web-dev", "rust-web-src", "rustc-web"];
        let found = closure(depends, |_| true).expect("resolved");
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), rust);
        let found = closure(depends, |name| name == "libstdc++6").expect("resolved");
        assert!(found.contains("libz3-4") && !found.contains("libc6") && !found.contains("gcc"));
    }

    #[test]
    fn a_shown_package_becomes_the_file_that_apt_writes() {
        let shown =
            "Package: libllvm22\nVersion: 1:22.1.8-1~deb12u1\nArchitecture: amd64\nSize: 29378692\nSHA256: 72\n\n";
        let packages = parse_show(shown).expect("read");
        assert_eq!(packages[0].file_name(), "libllvm22_1%3a22.1.8-1~deb12u1_amd64.deb");
        assert_eq!(packages[0].size, 29_378_692);
        assert!(parse_show("Package: x\n").expect_err("incomplete").to_string().contains("`Size`"));
    }
}
