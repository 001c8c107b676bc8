//! What the limiter holds of 100,000 tenants. `cargo bench -p headroom-bench --bench memory`.
//!
//! The bound is 40 MB, after a success of each and after a refusal, which leaves more to know: a pause and a pace stand
//! beside what is counted. `tests/memory.rs` keeps it. Bytes are those that were asked for: an allocator rounds up.

use allocation_counter::measure;
use headroom_bench::{knowing, operations, refusal, success};

const TENANTS: u32 = 100_000;

fn main() {
    let operations = operations(TENANTS as usize);
    println!("{TENANTS} tenants, after            held       each");
    for (what, answer) in [("a success of each", success()), ("a burst of each", refusal())] {
        let mut limiter = None;
        let heap = measure(|| limiter = Some(knowing(&operations, &answer)));
        let each = heap.bytes_current / i64::from(TENANTS);
        println!("{what:22} {:>12} B {each:>8} B", heap.bytes_current);
    }
}
