//! The compiled components, found beside the program; that of the strategy `headroom` is also run.

use crate::failure::{self, Failure};
use anyhow::anyhow;
use headroom_host::harness::Harness;
use headroom_host::{Error, PlannerComponent};
use headroom_sim::trace::Sink;
use headroom_sim::world::Observer;
use headroom_sim::{Report, Scenario};
use std::path::{Path, PathBuf};

/// Its name among the strategies.
pub use headroom_host::harness::NAME;

/// The components' files beside the program: `<directory of the program>/../components/`, where the build puts them.
const CLIENT: &str = "headroom-client.wasm";
const PLANNER: &str = "headroom-planner.wasm";

/// A component's file, and what is in it, compiled.
pub struct Component {
    path: PathBuf,
    harness: Harness,
}

/// Reads the client: that of `--component`, else the one beside the program.
pub fn read(given: Option<&Path>) -> Result<Component, Failure> {
    let (path, bytes) = bytes(given, CLIENT)?;
    match Harness::new(&bytes) {
        Ok(harness) => Ok(Component { path, harness }),
        Err(error) => Err(failed(&path, error)),
    }
}

/// Reads the planner likewise.
pub fn planner(given: Option<&Path>) -> Result<PlannerComponent, Failure> {
    let (path, bytes) = bytes(given, PLANNER)?;
    PlannerComponent::new(&bytes).map_err(|error| failed(&path, error))
}

fn bytes(given: Option<&Path>, file: &str) -> Result<(PathBuf, Vec<u8>), Failure> {
    let path = given.map_or_else(|| beside_the_program(file).map_err(Failure::Run), |path| Ok(path.to_owned()))?;
    match std::fs::read(&path) {
        Ok(bytes) => Ok((path, bytes)),
        Err(error) => {
            let (path, why) = (path.display(), failure::of_file(&error));
            Err(Failure::BadInput(anyhow!("cannot read the component `{path}`: {why}; run `cargo xtask build-guest`")))
        }
    }
}

fn beside_the_program(file: &str) -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let directory = program.parent().and_then(Path::parent).unwrap_or_else(|| Path::new("."));
    Ok(directory.join("components").join(file))
}

impl Component {
    /// Runs it in the scenario's world.
    pub fn run(
        &self,
        scenario: &Scenario,
        seed: u64,
        trace: Option<Sink>,
        observer: Option<Observer>,
    ) -> Result<Report, Failure> {
        self.harness.watched(scenario, seed, trace, observer).map_err(|error| failed(&self.path, error))
    }
}

fn failed(path: &Path, error: Error) -> Failure {
    let is_bad = matches!(error, Error::NotAComponent { .. } | Error::OtherWorld { .. } | Error::Link(_));
    let whose = match error {
        Error::Run(error) => return Failure::of_run(error, NAME),
        _ => format!("`{}`", path.display()),
    };
    let error = anyhow!(error).context(whose);
    if is_bad { Failure::BadInput(error) } else { Failure::Run(error) }
}
