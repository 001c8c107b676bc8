//! Lines of headers, an empty line and a body, with any status: nothing that a server sends breaks a call.
#![no_main]

use headroom_model::graphql;
use headroom_model::headers::Signals;
use headroom_model::operation::{Answer, Header, Response};
use headroom_model::refusal;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let headers: Vec<_> =
        head.lines().filter_map(|line| line.split_once(':')).map(|(name, value)| Header::new(name, value)).collect();
    let _ = Signals::read(&headers);
    let _ = graphql::read(body.as_bytes());
    for status in [200, 429, 503] {
        let response = Response { status, headers: headers.clone(), body: body.as_bytes().to_vec() };
        let _ = refusal::read(&Answer::Response(response));
    }
});
