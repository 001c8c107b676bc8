//! The components within this crate, as `cargo xtask build-guest` made them.

/// The fast component of the world `planner`, for [`PlannerComponent::new`](crate::PlannerComponent::new).
pub const PLANNER: &[u8] = include_bytes!(env!("HEADROOM_BUNDLED_PLANNER"));

/// The component of the world `client`, for [`ClientComponent::new`](crate::ClientComponent::new).
pub const CLIENT: &[u8] = include_bytes!(env!("HEADROOM_BUNDLED_CLIENT"));
