//! Why a run came to no report.

use crate::workload::JobId;
use headroom_model::time::{HOUR, Millis};
use std::{fmt, io};

/// Virtual time after a scenario's span after which a run is stopped. The slowest built-in strategy waits at most some
/// hours for each reset.
pub const LONGEST: Millis = Millis::from_secs(24 * 3_600);

/// Why there is no report.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The run was this long, its span and [`LONGEST`] together.
    TooLong(Millis),
    /// There were more events than a run of so many jobs could need.
    TooManyEvents(u64),
    /// So many jobs were not finished, and nothing was going to happen any more.
    Stalled(u32),
    /// The client finished a job that was not open.
    NotOpen(JobId),
    /// The trace could not be written.
    Trace(io::Error),
}

impl RunError {
    /// Whether a bound on virtual time or events ended a run that would not end by itself.
    #[must_use]
    pub const fn is_bound(&self) -> bool {
        matches!(self, Self::TooLong(_) | Self::TooManyEvents(_))
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(time) => {
                write!(f, "stopped after `{}` hours of virtual time: make the work smaller", time.0 / HOUR.0)
            }
            Self::TooManyEvents(events) => write!(f, "stopped after `{events}` events: the client goes in circles"),
            Self::Stalled(jobs) => {
                write!(f, "`{jobs}` jobs were left when nothing more could happen: the client forgot them")
            }
            Self::NotOpen(job) => write!(f, "the client finished job `{}`, which was not open", job.0),
            Self::Trace(_) => write!(f, "the trace could not be written"),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::Trace(error) = self { Some(error) } else { None }
    }
}
