//! What the tests share: where things are, and the core as two more clients of the simulator.

mod planner;

pub use headroom_cli::native::Native;
pub use planner::InPlanner;

use headroom_model::rng::SplitMix64;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The README's Rust programs, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The page on embedding, likewise.
#[cfg(doctest)]
#[doc = include_str!("../../docs/embedding.md")]
pub struct Embedding;

/// The repository's root.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."))
}

/// The command `headroom`, which `cargo build` puts beside the test programs.
///
/// # Panics
/// If there is none; the message says what to run.
#[must_use]
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    let profile = test.ancestors().nth(2).expect("tests lie two folders below the profile's");
    let program = profile.join(format!("headroom{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "there is no `{}`: run `cargo build`", program.display());
    program
}

/// Where the build puts the component of this world, as seen from a test program in `<target>/<profile>/deps`.
///
/// # Panics
/// If there is none; the message says what to run.
#[must_use]
pub fn component_path(world: &str) -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a path");
    let target = program.ancestors().nth(3).expect("test programs lie three folders below the target folder");
    let path = target.join("components").join(format!("headroom-{world}.wasm"));
    assert!(path.is_file(), "there is no `{}`: run `cargo xtask build-guest`", path.display());
    path
}

/// The component of this world.
///
/// # Panics
/// As [`component_path`], and if it cannot be read.
#[must_use]
pub fn component(world: &str) -> Vec<u8> {
    let path = component_path(world);
    std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()))
}

/// The seed that a component draws for its limiter from the harness's randomness.
#[must_use]
pub fn limiter_seed(seed: u64) -> u64 {
    SplitMix64::new(seed).next_u64()
}

/// A trace that can be read when the run is over.
#[derive(Clone, Default)]
pub struct Recording(Arc<Mutex<Vec<u8>>>);

impl Recording {
    /// All lines so far.
    ///
    /// # Panics
    /// If a trace is no text.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(bytes).expect("traces are text")
    }

    /// An end to write to.
    #[must_use]
    pub fn sink(&self) -> headroom_sim::trace::Sink {
        Box::new(self.clone())
    }
}

impl Write for Recording {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
