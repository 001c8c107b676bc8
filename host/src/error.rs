//! What can go wrong between host and component.

use crate::limits::Exceeded;
use crate::types::{ConfigError, StateError};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmtime::{PoolConcurrencyLimitError, Trap};

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
    /// It is of the right world, but of another version of the package `headroom:forge`.
    OtherVersion {
        /// The version that this crate speaks.
        wanted: &'static str,
        /// The component's version.
        found: String,
    },
    /// It begins with more than an instance may have.
    TooBig(Exceeded),
    /// It is of the right world, but asks for an import that this host does not give.
    Link(wasmtime::Error),
    /// It did not take its configuration.
    Config(ConfigError),
    /// What should be restored is not what was saved, or cannot be taken in now. Nothing has changed.
    State(StateError),
    /// No instance could be made of it: the machine has no memory left, or it has more core modules than
    /// [`Limits::instances`](crate::Limits::instances).
    Instantiate(Arc<wasmtime::Error>),
    /// It stopped in this call. The instance is over, see [`Error::Stopped`].
    Trap(Cause),
    /// The instance had stopped before, of this cause. Each further call answers so.
    Stopped(Cause),
    /// The store is of another engine than the component was compiled for.
    OtherEngine,
    /// The open call is none of this instance, or was ended before. The instance goes on.
    NoSuchCall,
    /// There is no room for another instance.
    Full {
        /// How many there may be, and of what.
        because: String,
    },
    /// A file or a directory cannot be used.
    File {
        /// The path as it was given.
        path: PathBuf,
        /// Why not.
        because: std::io::Error,
        /// What to do.
        instead: &'static str,
    },
    /// The engine could not be set up on this machine.
    Engine(wasmtime::Error),
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

/// What stopped an instance.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// It did not come to an end within [`Limits::call_ticks`](crate::Limits::call_ticks).
    TooSlow,
    /// It wanted to grow beyond one of its [`Limits`](crate::Limits).
    TooMuch(Exceeded),
    /// It trapped.
    Trap(Arc<wasmtime::Error>),
    /// What it answered is no value of the type that the WIT says, or what it imports failed.
    Nonsense(Arc<wasmtime::Error>),
}

impl Error {
    /// Of an error that came out of a call to an instance.
    pub(crate) fn of_instance(error: wasmtime::Error) -> Self {
        Self::Trap(Cause::of(error))
    }

    /// Of an error that came out of the making of an instance.
    pub(crate) fn of_making(error: wasmtime::Error) -> Self {
        if let Some(full) = error.downcast_ref::<PoolConcurrencyLimitError>() {
            return Self::Full { because: format!("{full}; drop one, or choose a larger `Allocation::Pooled`") };
        }
        match Cause::of(error) {
            Cause::Nonsense(error) => Self::Instantiate(error),
            cause => Self::Trap(cause),
        }
    }

    pub(crate) fn of_file(path: &Path, because: std::io::Error, instead: &'static str) -> Self {
        Self::File { path: path.to_owned(), because, instead }
    }
}

impl Cause {
    pub(crate) fn of(error: wasmtime::Error) -> Self {
        if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
            return Self::TooMuch(*exceeded);
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => Self::TooSlow,
            Some(_) => Self::Trap(Arc::new(error)),
            None => Self::Nonsense(Arc::new(error)),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSlow => write!(f, "it did not come to an end in time (`Limits::call_ticks`)"),
            Self::TooMuch(exceeded) => exceeded.fmt(f),
            Self::Trap(error) => write!(f, "{}", first_line(error)),
            Self::Nonsense(error) => write!(f, "what it answers is no answer: {}", first_line(error)),
        }
    }
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
            Self::OtherVersion { wanted, found } => write!(
                f,
                "a component for `headroom:forge@{found}`, but this host speaks `{wanted}`: build both of one version"
            ),
            Self::TooBig(exceeded) => write!(f, "the component does not fit into its limits: {exceeded}"),
            Self::Link(error) => {
                // What is asked for is said first, and why it cannot be had last.
                let chain = format!("{error:#}");
                write!(f, "the component asks for an import that is not there: {}", chain.lines().next().unwrap_or(""))
            }
            Self::Config(error) => write!(f, "the component does not take its configuration: {}", error.message),
            Self::Instantiate(error) => write!(f, "no instance could be made: {}", first_line(error)),
            Self::Trap(cause) => write!(f, "the component stopped: {cause}"),
            Self::Stopped(cause) => {
                write!(f, "the instance stopped before: {cause}; make a new one and restore what was saved last")
            }
            Self::OtherEngine => {
                write!(
                    f,
                    "the store is of another engine than the component: make it on that which the component names"
                )
            }
            Self::NoSuchCall => write!(f, "the call is none of this instance, or was ended: begin a new one"),
            Self::Full { because } => write!(f, "there is no room for another instance: {because}"),
            Self::File { path, because, instead } => {
                write!(f, "cannot use `{}`: {}; {instead}", path.display(), because.to_string().to_lowercase())
            }
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
