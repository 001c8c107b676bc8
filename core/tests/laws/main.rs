//! The laws of the limiter, on its public interface, against servers that are slow and obvious.
//!
//! | module | laws |
//! | --- | --- |
//! | `refusals` | never earlier than the server said; what is retried, and what is not |
//! | `points` | points are conserved and never overspent because of us |
//! | `paces` | invocations keep to the published windows; nobody starves beside a flood |
//! | `verdicts` | exact waits, deferrals, calls that leave no trace |
//! | `scopes` | a refusal stops what it covers and nothing else; scopes are bounded and forgotten without a grant |
//! | `memory` | a restored limiter decides as the saved one; merged memories grant no more than either |
//! | `bounds` | time going backwards, extreme values, determinism, limits on everything |
//! | `moody` | a server that refuses in every spelling it knows |
//! | `deeds` | calls one after the other, for the laws of memory |
//! | `world` | virtual time: calls, latency, losses and cancellations around one limiter |

mod bounds;
mod deeds;
mod memory;
mod moody;
mod paces;
mod points;
mod refusals;
mod resume;
mod scopes;
mod verdicts;
mod world;
