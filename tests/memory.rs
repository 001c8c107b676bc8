//! What the limiter holds of many tenants. The counter replaces this program's allocator, so it is a program of its own.

use allocation_counter::measure;
use headroom_bench::{knowing, operations, success};

/// Bytes on the heap that a limiter holds after one success of each of so many tenants.
fn held_bytes(tenants: usize) -> i64 {
    let (operations, success) = (operations(tenants), success());
    let mut limiter = None;
    measure(|| limiter = Some(knowing(&operations, &success))).bytes_current
}

#[test]
fn a_hundred_thousand_tenants_fit_into_forty_megabytes() {
    let held = held_bytes(100_000);
    assert!(held > 100_000, "{held} bytes are less than their names: nothing was counted");
    assert!(held <= 40_000_000, "{held} bytes");
}
