//! What of an answer the component gets to see. Bodies that it does not read stay outside of its memory.

use crate::transport::LONGEST_BODY_BYTES;
use crate::types::{Answer, Ending, FailureCause, Outcome, Refusal, Response};

/// What a content type has that the component reads: refusals of any kind, and the objects of lists.
const READABLE: [&str; 3] = ["json", "html", "plain"];

/// The body of the last answer, if it was held back.
#[derive(Default)]
pub(super) struct Lent(Option<Vec<u8>>);

impl Lent {
    /// Takes out of an answer what is not to be read.
    pub(super) fn of(answer: &mut Answer) -> Self {
        match answer {
            Answer::Response(response) if !is_readable(response) => Self(Some(std::mem::take(&mut response.body))),
            _ => Self(None),
        }
    }

    /// Puts it back: an outcome has no other answer than the last.
    pub(super) fn give_back(&mut self, outcome: &mut Outcome) {
        let (Some(body), Some(Answer::Response(response))) = (self.0.take(), answer_of(&mut outcome.ending)) else {
            return;
        };
        response.body = body;
    }
}

fn answer_of(ending: &mut Ending) -> Option<&mut Answer> {
    match ending {
        Ending::Success(answer) | Ending::Failed(FailureCause::Answer(answer)) => Some(answer),
        Ending::Refused(Refusal { answer, .. }) => answer.as_mut(),
        Ending::Deferred(_) | Ending::Failed(_) => None,
    }
}

fn is_readable(response: &Response) -> bool {
    let kind = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-type"));
    // What does not say what it is may be anything.
    let may_be = kind.is_none_or(|kind| {
        let kind = kind.value.to_ascii_lowercase();
        READABLE.iter().any(|readable| kind.contains(readable))
    });
    may_be && response.body.len() <= LONGEST_BODY_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Header;

    fn answer(kind: Option<&str>, body: Vec<u8>) -> Answer {
        let headers = kind.map(|kind| Header { name: "Content-Type".to_owned(), value: kind.to_owned() });
        Answer::Response(Response { status: 200, headers: headers.into_iter().collect(), body })
    }

    #[test]
    fn a_body_that_is_held_back_is_in_the_outcome_all_the_same() {
        for (kind, length, is_held_back) in [
            (None, 5, false),
            (Some("application/json"), 5, false),
            (Some("text/HTML; charset=utf-8"), 5, false),
            (Some("image/png"), 5, true),
            (Some("application/json"), LONGEST_BODY_BYTES, false),
            (Some("application/json"), LONGEST_BODY_BYTES + 1, true),
        ] {
            let whole = answer(kind, vec![7; length]);
            let mut seen = whole.clone();
            let mut lent = Lent::of(&mut seen);
            assert_eq!(seen == answer(kind, Vec::new()), is_held_back, "{kind:?} {length}");
            for ending in [Ending::Success(seen.clone()), Ending::Failed(FailureCause::Answer(seen))] {
                let mut outcome = Outcome { ending, attempts: 1, log: Vec::new() };
                let mut again = Lent(lent.0.clone());
                again.give_back(&mut outcome);
                assert!(answer_of(&mut outcome.ending) == Some(&mut whole.clone()), "{kind:?} {length}");
            }
            lent.give_back(&mut Outcome {
                ending: Ending::Failed(FailureCause::Other(String::new())),
                attempts: 0,
                log: Vec::new(),
            });
        }
    }
}
