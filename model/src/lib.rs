//! Facts about Atlassian's rate limits, without any decision: what client and simulator must agree on.
//!
//! | module | answers |
//! | --- | --- |
//! | [`time`], [`rng`] | integer time and seeded chance, always passed in |
//! | [`operation`] | what is asked for and what comes back |
//! | [`points`], [`quota`] | what a request costs, what an hour holds |
//! | [`profile`] | how many Forge invocations a window admits |
//! | [`when`], [`headers`], [`properties`] | how servers write it down |
//! | [`graphql`] | what GraphQL's answers say within HTTP 200; with the feature `full`, what an operation costs |
//! | [`refusal`] | what an answer says: which limit, whose, until when |
//!
//! ```
//! use headroom_model::operation::{Answer, Header, Response};
//! use headroom_model::refusal::{Limiter, Meaning, read};
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
//! assert_eq!(refusal.limiter, Limiter::GlobalQuota);
//! ```

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
