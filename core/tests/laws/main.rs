//! The laws of the limiter, on its public interface, against servers that are slow and obvious.
//!
//! | module | laws |
//! | --- | --- |
//! | `refusals` | never earlier than the server said; what is retried, and what is not |
//! | `points` | points are conserved and never overspent because of us |
//! | `paces` | invocations keep to the published windows; nobody starves beside a flood |
//! | `verdicts` | exact waits, deferrals, calls that leave no trace |
//! | `bounds` | time going backwards, extreme values, determinism, limits on everything |
//! | `memory` | what outlives the process: as before, never more than before, never garbage |
//! | `moody` | a server that refuses in every spelling it knows |
//! | `world` | virtual time: calls, latency, losses and cancellations around one limiter |

mod bounds;
mod memory;
mod moody;
mod paces;
mod points;
mod refusals;
mod verdicts;
mod world;
