//! Whatever people paste, and what it means in every dialect: nothing that a server sends breaks a call, and an
//! explanation agrees with itself.
#![no_main]

use headroom_model::capture;
use headroom_model::explain::{Question, explain};
use headroom_model::headers::Dialect;
use headroom_model::refusal;
use headroom_model::time::{Instant, Millis};
use libfuzzer_sys::fuzz_target;

const NOW: Instant = Instant(1_772_722_200_000);
/// The longest that any limit counts over, and slack for clocks.
const LONGEST: Millis = Millis(3_900_000);

fuzz_target!(|bytes: &[u8]| {
    let capture = match capture::read(bytes) {
        Ok(capture) => capture,
        Err(error) => return assert!(!error.to_string().contains('\n')),
    };
    let _ = refusal::read(&capture.answer);
    for dialect in [Dialect::Auto, Dialect::Seed2025_12, Dialect::Structured2026] {
        let url = capture.request.as_ref().map(|request| request.url.as_str());
        let found = explain(&Question { answer: &capture.answer, url, now: NOW, dialect });
        assert_eq!(found.retry_at, found.wait.map(|wait| NOW + wait));
        assert!(found.wait.is_none_or(|wait| wait > Millis::ZERO && wait <= LONGEST));
        assert!(!found.advice.is_empty());
    }
});
