//! The components: `headroom-core` behind a WIT world. Glue only; every decision is in core.
//!
//! | module | holds |
//! | --- | --- |
//! | `convert` | types of the WIT to those of model and core, and back |
//! | `outcome` | what became of a call |
//! | `planner` | the world `planner`: resources that wrap a limiter and its calls |
//! | `client` | the world `client`: the same limiter, driven by WASI clocks and the embedder's transport |

#[cfg(not(any(feature = "planner", feature = "client")))]
compile_error!("choose a world: build with `--features planner` or `--features client`");
#[cfg(all(feature = "planner", feature = "client"))]
compile_error!("one world at a time: build with either `--features planner` or `--features client`");

#[cfg(feature = "client")]
mod client;
mod convert;
mod outcome;
#[cfg(feature = "planner")]
mod planner;

#[cfg(feature = "planner")]
wit_bindgen::generate!({ path: "../wit", world: "planner" });
#[cfg(feature = "client")]
wit_bindgen::generate!({ path: "../wit", world: "client" });

/// Half the size of the one that comes with the standard library.
#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[cfg(feature = "planner")]
use planner::Planner;
#[cfg(feature = "planner")]
export!(Planner);

#[cfg(feature = "client")]
use client::Client;
#[cfg(feature = "client")]
export!(Client);
