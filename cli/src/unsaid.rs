//! What the scoreboard says where a reason is missing or has outlived its target: a test looks for both.

/// A target is missed and nobody has said why.
pub const MISSING: &str = "no reason is written down";
/// A target is reached, and what is said to stand in its way does not.
pub const NEEDLESS: &str = "it is reached, and a reason why not is written down";
