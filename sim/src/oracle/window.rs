//! The bound for windows that count calls.

use headroom_model::profile::WindowShape;
use headroom_model::time::{Instant, Millis};

/// At most `limit` calls in each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// What it admits; less than 1 counts as 1.
    pub limit: u32,
    /// Its length.
    pub span: Millis,
    /// How it moves.
    pub shape: WindowShape,
}

/// When the last of `count` calls is admitted at the soonest, under windows that all count it, the first arriving at
/// `first`.
///
/// A window says no more than this: a call is after the end of the window of the one `limit` calls before it. Taking
/// each call as soon as its predecessors allow is therefore the optimum, for fixed and sliding windows alike: by
/// induction no client has its k-th call admitted sooner. For limits that begin together at a window's start there is
/// a closed form, which the tests compare.
pub(super) fn last_admission(windows: &[Window], count: u64, first: Instant) -> Instant {
    if windows.iter().all(|window| count <= u64::from(window.limit)) {
        return first;
    }
    let mut admitted: Vec<Instant> = Vec::new();
    let mut now = first;
    while (admitted.len() as u64) < count {
        let call = admitted.len();
        for window in windows {
            if let Some(before) = call.checked_sub(window.limit.max(1) as usize).map(|before| admitted[before]) {
                let opened = match window.shape {
                    WindowShape::Sliding => before,
                    WindowShape::Fixed => Instant(before.0 - before.0 % window.span.0.max(1)),
                };
                now = now.max(opened + window.span);
            }
        }
        admitted.push(now);
    }
    now
}
