//! What simple clients make of an answer.

use headroom_model::operation::Answer;
use headroom_model::properties::Rejection;
use headroom_model::refusal::TOO_MANY_REQUESTS;
use headroom_model::time::{Instant, Millis};
use headroom_model::when::When;

/// An answer as a client sees it that looks at the status and at one delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Done,
    /// 429, with what it says of when to come again.
    Refused(Option<Millis>),
    Failed,
}

impl Seen {
    pub(super) fn of(answer: &Answer, now: Instant) -> Self {
        match answer {
            Answer::Resolved(_) => Self::Done,
            Answer::Response(response) if (200..400).contains(&response.status) => Self::Done,
            Answer::Response(response) if response.status == TOO_MANY_REQUESTS => {
                let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("Retry-After"));
                let when = header.and_then(|header| When::parse_retry_after(&header.value));
                Self::Refused(when.map(|when| when.instant(now).since(now)))
            }
            Answer::Response(_) => Self::Failed,
            Answer::Rejected(json) => {
                let rejection = Rejection::read(json);
                if rejection.status != Some(TOO_MANY_REQUESTS) {
                    return Self::Failed;
                }
                let reset = rejection.properties.and_then(|properties| properties.reset);
                Self::Refused(reset.map(|when| when.instant(now).since(now)))
            }
        }
    }
}
