//! The strategy `headroom`: the compiled component, found and run.

use crate::failure::{self, Failure};
use anyhow::anyhow;
use headroom_host::{Error, harness};
use headroom_sim::trace::Sink;
use headroom_sim::{Report, Scenario};
use std::path::{Path, PathBuf};

/// Its name among the strategies.
pub use headroom_host::harness::NAME;

/// The component's file beside the program: `<directory of the program>/../components/`, where the build puts it.
const FILE: &str = "headroom-client.wasm";

/// Reads the component: that of `--component`, else the one beside the program.
pub fn read(given: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => beside_the_program().map_err(Failure::Run)?,
    };
    std::fs::read(&path).map_err(|error| {
        let (path, why) = (path.display(), failure::of_file(&error));
        Failure::BadInput(anyhow!("cannot read the component `{path}`: {why}; run `cargo xtask build-guest`"))
    })
}

fn beside_the_program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let directory = program.parent().and_then(Path::parent).unwrap_or_else(|| Path::new("."));
    Ok(directory.join("components").join(FILE))
}

/// Runs the component in the scenario's world.
pub fn run(scenario: &Scenario, component: &[u8], seed: u64, trace: Option<Sink>) -> Result<Report, Failure> {
    harness::run(scenario, component, seed, trace).map_err(|error| match error {
        Error::NotAComponent { .. } | Error::OtherWorld { .. } | Error::Link(_) => Failure::BadInput(error.into()),
        _ => Failure::Run(error.into()),
    })
}
