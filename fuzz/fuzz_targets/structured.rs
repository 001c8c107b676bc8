//! Any value of the structured fields, alone and beside the other dialect: what was read is written and read again.
#![no_main]

use headroom_model::headers::Signals;
use headroom_model::operation::Header;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let value = String::from_utf8_lossy(bytes);
    let (policy, limit) = value.split_once('\n').unwrap_or((&value, &value));
    for beta in ["", "Beta-"] {
        let fields = [
            Header::new(format!("{beta}RateLimit-Policy"), policy),
            Header::new(format!("{beta}RateLimit"), limit),
            Header::new("X-RateLimit-Remaining", "349"),
        ];
        for headers in [&fields[..1], &fields[1..2], &fields[..]] {
            let read = Signals::read(headers);
            let again = Signals::read(&read.to_headers());
            assert_eq!((&again.enforced, &again.beta), (&read.enforced, &read.beta));
            assert!(again.ignored.is_empty());
        }
    }
});
