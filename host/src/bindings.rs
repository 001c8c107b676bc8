//! What wasmtime makes of `wit/`. Both worlds share one set of types, so a value of one fits the other.

// The macro documents what the WIT documents; the modules it nests that in have no text of their own.
#![allow(missing_docs)]

/// The world `planner`.
pub mod planner {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "planner",
        additional_derives: [PartialEq],
    });
}

/// The world `client`.
pub mod client {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "client",
        exports: {
            "headroom:forge/retry.quota-check": async | store,
            "headroom:forge/retry.set-users": async | store,
            "headroom:forge/retry.status": async | store,
            "headroom:forge/retry.save": async | store,
            "headroom:forge/retry.restore": async | store,
            default: async,
        },
        with: { "headroom:forge/types": super::planner::headroom::forge::types },
    });
}

/// No wishes: the configuration's values hold. The generated type has no `Default` of its own.
impl Default for planner::headroom::forge::types::CallOptions {
    fn default() -> Self {
        Self {
            deadline: None,
            max_attempts: None,
            idempotent: None,
            runtime: None,
            resume_token: None,
            priority: None,
            user: None,
            retry_unsafe: None,
        }
    }
}
