//! What wasmtime makes of `wit/`. Both worlds share one set of types.

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
        exports: { default: async },
        with: { "headroom:forge/types": super::planner::headroom::forge::types },
    });
}
