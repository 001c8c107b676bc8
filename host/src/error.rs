//! What can go wrong between host and component.

use crate::types::{ConfigError, StateError};
use std::fmt;

/// Why a component could not be used, or stopped. Refusals and failed calls are outcomes, not errors.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are no WebAssembly component.
    NotAComponent {
        /// What they are instead, as far as that can be told.
        because: String,
    },
    /// It is a component, but not of the world that was asked for.
    OtherWorld {
        /// The world that was asked for.
        wanted: &'static str,
        /// What it exports.
        found: Vec<String>,
    },
    /// It is of the right world, but asks for an import that this host does not give.
    Link(wasmtime::Error),
    /// It did not take its configuration.
    Config(ConfigError),
    /// It trapped, or wasmtime gave up on it. The instance must not be used again.
    Trap(wasmtime::Error),
    /// The engine could not be set up on this machine.
    Engine(wasmtime::Error),
    /// What should be restored is not what was saved, or cannot be taken in now. Nothing has changed.
    State(StateError),
    /// A limiter without a transport was to send.
    NoTransport,
    /// The operating system has no randomness to draw a seed from.
    Seed {
        /// What it says.
        because: String,
    },
    /// The simulated world stopped the run.
    #[cfg(feature = "harness")]
    Run(headroom_sim::RunError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAComponent { because } => {
                write!(f, "no WebAssembly component: {because}; build one with `cargo xtask build-guest`")
            }
            Self::OtherWorld { wanted, found } => {
                let found = if found.is_empty() { "nothing".to_owned() } else { found.join("`, `") };
                write!(f, "a component of another world: it exports `{found}`, but world `{wanted}` was asked for")
            }
            Self::Link(error) => write!(f, "the component asks for an import that is not there: {}", first_line(error)),
            Self::Config(error) => write!(f, "the component does not take its configuration: {}", error.message),
            Self::Trap(error) => write!(f, "the component stopped: {}", first_line(error)),
            Self::Engine(error) => write!(f, "wasmtime does not run on this machine: {}", first_line(error)),
            Self::State(error) => write!(f, "the saved state was not taken: {}", error.message),
            Self::NoTransport => {
                f.write_str("the limiter has no transport: build it with `transport`, or send by `invoke_with`")
            }
            Self::Seed { because } => {
                write!(f, "no randomness for a seed: `{because}`: say one with `seed` of the builder")
            }
            #[cfg(feature = "harness")]
            Self::Run(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its text is ours, so what is behind it comes next.
            #[cfg(feature = "harness")]
            Self::Run(error) => error.source(),
            _ => None,
        }
    }
}

/// A trap's text goes on with a backtrace of the guest, which says nothing to a user.
pub(crate) fn first_line(error: &wasmtime::Error) -> String {
    let cause = error.root_cause().to_string();
    cause.lines().next().unwrap_or_default().to_owned()
}
