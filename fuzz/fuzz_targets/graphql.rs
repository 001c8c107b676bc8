//! A document, a NUL and the text of its variables: read, estimated, never a panic, and always in order.
#![no_main]

use headroom_model::graphql::{estimate, read_variables};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (document, variables) = text.split_once('\0').unwrap_or((text, ""));
    let variables = read_variables(variables).unwrap_or_default();
    match estimate(document, None, &variables) {
        Ok(estimates) => {
            assert!(!estimates.is_empty());
            for got in &estimates {
                assert!(got.base == got.low && got.low <= got.points && got.points <= got.high);
                let objects = got.objects.iter().map(|object| object.count.saturating_mul(object.points_each));
                assert_eq!(got.points, objects.fold(got.base, u32::saturating_add));
                let named = got.name.as_deref().and_then(|name| estimate(document, Some(name), &variables).ok());
                assert!(named.is_none_or(|named| named[0] == *got));
            }
        }
        Err(error) => assert!(error.line >= 1 && error.column >= 1 && !error.to_string().contains('\n')),
    }
});
