//! Facts about Atlassian's rate limits, without any decision: what client and simulator must agree on.
//!
//! | module | answers |
//! | --- | --- |
//! | [`time`], [`rng`] | integer time and seeded chance, always passed in |
//! | [`operation`] | what is asked for and what comes back |
//! | [`facts`] | every figure, with source, date and confidence |
//! | [`points`], [`quota`] | what a request costs, what an hour holds and who shares it |
//! | [`profile`], [`allowance`] | how many Forge invocations a window admits; the same by the number of users |
//! | [`when`], [`headers`], [`properties`] | how servers write it down |
//! | [`graphql`] | what GraphQL's answers say within HTTP 200; with the feature `full`, what an operation costs |
//! | [`refusal`] | what an answer says: which limit, whose, until when |
//! | `explain` | the same for people; feature `full` |
//!
//! ```
//! use headroom_model::operation::{Answer, Header, Response};
//! use headroom_model::refusal::{Limiter, Meaning, Scope, read};
//!
//! let answer = Answer::Response(Response {
//!     status: 429,
//!     headers: vec![
//!         Header::new("Retry-After", "1847"),
//!         Header::new("RateLimit-Reason", "confluence-quota-global-based"),
//!     ],
//!     body: Vec::new(),
//! });
//! let Meaning::Refused(refusal) = read(&answer).meaning else { panic!("a 429 is a refusal") };
//! assert_eq!((refusal.limiter, refusal.scope), (Limiter::PointsQuota, Scope::App));
//! ```

pub mod allowance;
mod calendar;
#[cfg(feature = "full")]
pub mod capture;
#[cfg(feature = "full")]
pub mod explain;
pub mod facts;
pub mod graphql;
pub mod headers;
pub mod operation;
pub mod points;
pub mod profile;
pub mod properties;
pub mod quota;
pub mod refusal;
pub mod rng;
pub mod time;
pub mod when;
