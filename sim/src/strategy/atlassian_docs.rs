//! The retry code that Confluence's rate limiting page of 2025-12-12 recommends (section "Retrying and backoff
//! strategies"), followed to the letter. In our words:
//!
//! | situation | what it does |
//! | --- | --- |
//! | the response is OK | success |
//! | `Retry-After` is there, whatever the status | a delay of that many seconds |
//! | 429 without it | a delay of 2 × 5,000 ms, at most 30,000 ms |
//! | anything else | failure |
//! | the delay is above zero, and fewer than 4 retries were made | delay + delay × U(0.7, 1.3), then again |
//! | otherwise | failure |
//!
//! Kept as they are: the jitter is added to the whole delay, so a wait is 1.7 to 2.3 times what the server asked for;
//! the last delay that the backoff doubles is never updated, so it does not grow; a `Retry-After: 0` is a failure.

use super::{Move, Strategy};
use crate::workload::{CallOptions, JobId};
use crate::world::Ending;
use headroom_model::facts;
use headroom_model::operation::{Answer, Operation, Response};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};

const MAX_RETRIES: u32 = facts::DOCS_MAX_RETRIES.value;
const LAST_RETRY_DELAY: Millis = Millis(facts::DOCS_LAST_RETRY_DELAY_MS.value);
const MAX_RETRY_DELAY: Millis = Millis(facts::DOCS_MAX_RETRY_DELAY_MS.value);
/// In thousandths: in whole numbers it is the same on every machine.
const JITTER_PERMILLE: (u64, u64) = (facts::DOCS_JITTER_LOW_PERMILLE.value, facts::DOCS_JITTER_HIGH_PERMILLE.value);

/// The documented pseudocode.
#[derive(Clone, Debug)]
pub struct AtlassianDocs {
    rng: SplitMix64,
}

impl AtlassianDocs {
    /// Its name.
    pub const NAME: &'static str = "atlassian-docs";

    /// The pseudocode with its `randomInRange` drawn from `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { rng: SplitMix64::new(seed) }
    }

    fn retry_delay(&mut self, response: &Response) -> Option<Millis> {
        let retry_after = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("Retry-After"));
        let delay = match retry_after {
            // What is no number becomes NaN in the pseudocode, and NaN > 0 is false.
            Some(header) => Millis::from_secs(header.value.trim().parse().ok()?),
            None if response.status == 429 => LAST_RETRY_DELAY.times(2).min(MAX_RETRY_DELAY),
            None => return None,
        };
        (delay > Millis::ZERO).then(|| delay + self.jitter(delay))
    }

    fn jitter(&mut self, delay: Millis) -> Millis {
        let (low, high) = JITTER_PERMILLE;
        Millis(delay.times(low + self.rng.up_to(high - low)).0 / 1_000)
    }
}

impl Strategy for AtlassianDocs {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn start(&mut self, _: JobId, _: &Operation, _: &CallOptions, _: Instant) -> Move {
        Move::Send
    }

    fn answered(&mut self, _: JobId, attempt: u32, answer: &Answer, now: Instant) -> Move {
        let response = match answer {
            Answer::Response(response) => response,
            // `fetch` knows no invocations; it was not written for them.
            Answer::Resolved(_) => return Move::Finish(Ending::Done),
            Answer::Rejected(_) => return Move::Finish(Ending::Lost),
        };
        if (200..300).contains(&response.status) {
            return Move::Finish(Ending::Done);
        }
        let retry_count = attempt.saturating_sub(1);
        match self.retry_delay(response) {
            Some(delay) if retry_count < MAX_RETRIES => Move::WaitUntil(now + delay),
            _ => Move::Finish(Ending::Lost),
        }
    }

    fn woke(&mut self, _: JobId, _: Instant) -> Move {
        Move::Send
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::operation::Header;
    use proptest::{prop_assert, prop_assert_eq, proptest};

    fn refused(headers: Vec<Header>) -> Answer {
        Answer::Response(Response { status: 429, headers, body: Vec::new() })
    }

    fn wait(seed: u64, attempt: u32, answer: &Answer) -> Option<u64> {
        match AtlassianDocs::new(seed).answered(JobId(0), attempt, answer, Instant(0)) {
            Move::WaitUntil(until) => Some(until.0),
            _ => None,
        }
    }

    #[test]
    fn without_a_number_above_zero_in_retry_after_it_gives_up() {
        for value in ["0", "-1", "soon", "", "Wed, 08 Oct 2025 15:00:00 GMT"] {
            assert_eq!(wait(1, 1, &refused(vec![Header::new("Retry-After", value)])), None, "{value:?}");
        }
        let unavailable = Answer::Response(Response { status: 503, headers: Vec::new(), body: Vec::new() });
        assert_eq!(wait(1, 1, &unavailable), None, "an error without Retry-After");
    }

    proptest! {
        #[test]
        fn it_waits_1_7_to_2_3_times_what_the_server_said(seed: u64, secs in 1_u64..4_000, attempt in 1_u32..=4) {
            let waited = wait(seed, attempt, &refused(vec![Header::new("retry-after", secs.to_string())])).unwrap();
            prop_assert!((secs * 1_700..=secs * 2_300).contains(&waited));
            prop_assert_eq!(wait(seed, 5, &refused(vec![Header::new("retry-after", secs.to_string())])), None);
        }

        #[test]
        fn without_retry_after_it_waits_ten_seconds_and_jitter_however_often(seed: u64, attempt in 1_u32..=4) {
            let waited = wait(seed, attempt, &refused(Vec::new())).unwrap();
            prop_assert!((17_000..=23_000).contains(&waited));
        }
    }
}
