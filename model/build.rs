//! Turns `data/points/*.toml` into the constant table in which prices are looked up.

#[path = "src/points/builder.rs"]
#[allow(dead_code, reason = "shared with the crate, which uses all of it")]
mod builder;
#[path = "src/points/sheet.rs"]
#[allow(dead_code, reason = "shared with the crate, which uses all of it")]
mod sheet;
#[path = "src/facts/source.rs"]
#[allow(dead_code, reason = "shared with the crate, which uses all of it")]
mod source;
#[path = "src/points/table.rs"]
#[allow(dead_code, reason = "shared with the crate, which uses all of it")]
mod table;

use builder::{Builder, Built, Problem};
use std::error::Error;
use std::path::Path;
use std::{fmt, fs};

/// The files, first the one that names the kinds.
const FILES: [&str; 6] = ["kinds", "confluence-v1", "confluence-v2", "jira", "jira-software", "field"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=data/points");
    println!("cargo::rerun-if-changed=src/facts/source.rs");
    println!("cargo::rerun-if-changed=src/points");
    let mut builder = Builder::new(None);
    for name in FILES {
        let path = format!("data/points/{name}.toml");
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path))?;
        let sheet = toml::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
        builder.add(&sheet).map_err(|problem| place(&path, &text, &problem))?;
    }
    let built = builder.finish().map_err(|problem| problem.text)?;
    #[expect(clippy::disallowed_methods, reason = "this is how a build script is told where to write")]
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?;
    fs::write(Path::new(&folder).join("table.rs"), table(&built))?;
    fs::write(Path::new(&folder).join("provenance.rs"), provenance(&built)?)?;
    Ok(())
}

fn place(path: &str, text: &str, problem: &Problem) -> String {
    let line = text.get(..problem.at.start).map_or(1, |before| before.lines().count());
    format!("{path}, line {line}: {}", problem.text)
}

fn table(built: &Built) -> String {
    let table = built.table();
    let mut out = "/// The shipped table.\npub(super) static SHIPPED: Table<'static> = Table {\n".to_owned();
    let mut field = |name: &str, value: &dyn fmt::Debug| out += &format!("    {name}: &{value:?},\n");
    field("nodes", &table.nodes);
    field("rows", &table.rows);
    field("names", &table.names);
    field("shapes", &table.shapes);
    field("expansions", &table.expansions);
    field("kinds", &table.kinds);
    field("rules", &table.rules);
    out += &format!("    text: {:?},\n}};\n", table.text);
    out
}

fn provenance(built: &Built) -> Result<String, Box<dyn Error>> {
    let general = built.general.ok_or("no file names the sources of the general rules")?;
    Ok(format!(
        "/// What the shipped rows rest on, and where that is.\npub(super) static SOURCES: &[(&str, &str)] = &{:?};\n\
         /// Of each shipped row.\npub(super) static PROVENANCE: &[Provenance] = &{:?};\n\
         /// Of the general rules.\npub(super) static GENERAL: General<Provenance> = {general:?};\n",
        built.sources, built.provenance
    ))
}
