//! What the limiter holds of many tenants. The counter replaces this program's allocator, so it is a program of its own.

use allocation_counter::measure;
use headroom_bench::{knowing, operations, refusal, success};
use headroom_model::operation::Answer;

/// Bytes on the heap that a limiter holds after one such answer to each of so many tenants.
fn held_bytes(tenants: usize, answer: &Answer) -> i64 {
    let operations = operations(tenants);
    let mut limiter = None;
    measure(|| limiter = Some(knowing(&operations, answer))).bytes_current
}

fn check_a_hundred_thousand(answer: &Answer) {
    let held = held_bytes(100_000, answer);
    assert!(held > 100_000, "{held} bytes are less than their names: nothing was counted");
    assert!(held <= 40_000_000, "{held} bytes");
}

#[test]
fn a_hundred_thousand_tenants_fit_into_forty_megabytes() {
    check_a_hundred_thousand(&success());
}

/// Then there is more to know: a pause and a pace of one endpoint stand beside what is counted.
#[test]
fn they_do_so_when_each_of_them_was_refused() {
    check_a_hundred_thousand(&refusal());
}
