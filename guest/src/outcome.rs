//! What became of a call, in the words of the WIT.

use crate::headroom::forge::types as wit;
use headroom_core::log::Entry;
use headroom_core::resume::requeue_after;
use headroom_core::verdict as core;
use headroom_model::time::Instant;

/// The last thing that came back for a call; the limiter read it, the caller gets it.
#[derive(Clone, Default)]
pub enum Last {
    #[default]
    Nothing,
    Answer(wit::Answer),
    Error(wit::AttemptError),
}

impl Last {
    /// The outcome at `now` of a call that ended so, with what came back last and all that happened.
    pub fn into_outcome(self, outcome: core::Outcome, log: &[Entry], now: Instant) -> wit::Outcome {
        let ending = match (outcome.ending, self) {
            (core::Ending::Success, Self::Answer(answer)) => wit::Ending::Success(answer),
            (core::Ending::Deferred(wait), _) => {
                let core::Wait { until, limit } = wait;
                wit::Ending::Deferred(wit::Deferral {
                    not_before: until.0,
                    limit: limit.into(),
                    resume_token: outcome.resume.map(|resume| resume.to_string()).unwrap_or_default(),
                    requeue_after: requeue_after(until, now).0,
                })
            }
            (core::Ending::Refused(never), last) => {
                let answer = if let Self::Answer(answer) = last { Some(answer) } else { None };
                wit::Ending::Refused(wit::Refusal { why: never.into(), answer })
            }
            (core::Ending::Success | core::Ending::Failed, last) => wit::Ending::Failed(match last {
                Self::Answer(answer) => wit::FailureCause::Answer(answer),
                Self::Error(error) => wit::FailureCause::Attempt(error),
                Self::Nothing => wit::FailureCause::Other("the call was ended before it was sent".to_owned()),
            }),
        };
        wit::Outcome { ending, attempts: outcome.attempts, log: log.iter().map(Into::into).collect() }
    }
}

/// The outcome of a call that was never opened.
pub fn never_begun(why: core::Never) -> wit::Outcome {
    let ending = wit::Ending::Refused(wit::Refusal { why: why.into(), answer: None });
    wit::Outcome { ending, attempts: 0, log: Vec::new() }
}
