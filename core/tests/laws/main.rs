//! The laws of the limiter, on its public interface, against servers that are slow and obvious.
//!
//! | module | laws |
//! | --- | --- |
//! | `refusals` | never earlier than the server said; what is retried, and what is not |
//! | `fair` | a pool that does not last for all is shared fairly, and used up |
//! | `people` | people go before background work: in line, and with what is left of the points |
//! | `caps` | what the app itself grants a tenant or a user is never exceeded |
//! | `windows` | the windows that the app asks for hold from the first call on |
//! | `siblings` | copies that share a pool stop at the wall together and come back spread out |
//! | `forecast` | the coming rule is foretold exactly and holds nothing up |
//! | `costs` | lists are settled by what came back; a server's other prices are learned |
//! | `logs` | a log tells what happened to its call; blind retries and crowds are bounded |
//! | `conserved` | nothing is lost on the way, and nothing outlives its hour |
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
mod caps;
mod conserved;
mod costs;
mod deeds;
mod fair;
mod forecast;
mod logs;
mod memory;
mod moody;
mod paces;
mod people;
mod points;
mod refusals;
mod resume;
mod scopes;
mod siblings;
mod verdicts;
mod windows;
mod world;
