//! The JSON of an invocation that was rejected or resolved, and of a GraphQL answer.
#![no_main]

use headroom_model::graphql;
use headroom_model::operation::Answer;
use headroom_model::properties::{RateLimitProperties, Rejection};
use headroom_model::refusal;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let _ = Rejection::read(&text);
    let _ = RateLimitProperties::read_resolved(&text);
    let _ = refusal::read(&Answer::Rejected(text.clone().into_owned()));
    if let Some(cost) = graphql::read(bytes).and_then(|answer| answer.cost) {
        let written = format!("{{\"extensions\":{{\"cost\":{}}}}}", cost.to_json());
        let again = graphql::read(written.as_bytes()).and_then(|answer| answer.cost);
        assert_eq!(again.map(|again| again.to_json()), Some(cost.to_json()), "reading what was written");
    }
});
