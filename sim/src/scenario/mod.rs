//! Scenarios: who asks what of which server, as a TOML file.
//!
//! ```toml
//! name = "small"                    # lowercase letters, digits and dashes
//! about = "Ten pages, no hurry."    # one sentence for people
//! start = "2026-02-02T12:20:00Z"    # RFC 3339, year 2000 to 2100
//! round_trip_ms = 100               # 1 to 60,000
//!
//! [server]                          # either these four ...
//! quota_points = 65_000             # 2 to 10,000,000, per UTC hour
//! used_points = 20_000              # 0 to quota_points, in the hour of `start`
//! burst_per_second = 100            # 1 to 100,000, per tenant
//! burst_capacity = 100              # 1 to 100,000
//! # invocations = "forge-rfc130"    # ... or this: "forge-current", "forge-rfc130", "forge-2026-09"
//!
//! [work]                            # page reads for a points server ...
//! count = 10                        # 1 to 5,000,000
//! in_flight = 2                     # 1 to 10,000
//! # users = 7_000                   # ... or one UI invocation for each of 1 to 1,000,000 users,
//! # arrive_over_ms = 1_000          # spread over 1 to 3,600,000 ms
//!
//! [client]                          # what the developer told the client; every line may be left out
//! quota_points = 65_000
//! burst_per_second = 100            # both burst lines or none
//! burst_capacity = 100
//! # invocations = "forge-rfc130"
//! # deadline_ms = 25_000            # 1 to 30 days
//! ```

mod error;
mod parse;

pub use error::ScenarioError;

use headroom_model::profile::InvocationProfile;
use headroom_model::time::{Instant, Millis};

/// A simulation to run: server, work and what the client was told. Made by [`Scenario::parse`], so within bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scenario {
    /// The name it goes by.
    pub name: String,
    /// What it shows, for people.
    pub about: String,
    /// When it begins.
    pub start: Instant,
    /// From a client to the server and back; at least 1 ms.
    pub round_trip: Millis,
    /// The limits that hold.
    pub server: ServerSpec,
    /// What there is to do.
    pub work: Work,
    /// What the client knows.
    pub client: ClientSpec,
}

/// Which limits the server enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerSpec {
    /// A REST API with an hourly points quota and a burst limit.
    Points(PointsSpec),
    /// Forge functions with invocation limits.
    Invocations(InvocationProfile),
}

/// An hourly pool of points, and a token bucket for each tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointsSpec {
    /// Points in each UTC hour.
    pub quota_points: u32,
    /// Points of the first hour that others have used before the start.
    pub used_points: u32,
    /// Requests per second that refill the bucket.
    pub burst_per_second: u32,
    /// Requests that a full bucket admits at once.
    pub burst_capacity: u32,
}

/// What there is to do, all of it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Page reads of one tenant by a pool of workers.
    Pages {
        /// How many pages.
        count: u32,
        /// How many workers; each takes the next page when its last one is finished.
        in_flight: u32,
    },
    /// One UI invocation for each of many users of one installation.
    Invocations {
        /// How many users.
        users: u32,
        /// They come within this span from the start.
        arrive_over: Millis,
    },
}

/// What the developer told the client. None: the client's own default holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientSpec {
    /// Points in each UTC hour.
    pub quota_points: Option<u32>,
    /// The pace to keep on REST requests of one tenant.
    pub burst: Option<BurstSpec>,
    /// The invocation limits to reckon with.
    pub invocations: Option<InvocationProfile>,
    /// How long a caller can wait for one operation.
    pub deadline: Option<Millis>,
}

/// A pace: a token bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurstSpec {
    /// Requests per second.
    pub per_second: u32,
    /// Requests at once after a rest.
    pub capacity: u32,
}

/// The scenarios that come with the crate: name and text.
const BUILTIN: &[(&str, &str)] = &[
    ("page-sync", include_str!("../../scenarios/page-sync.toml")),
    ("rush", include_str!("../../scenarios/rush.toml")),
];

impl Scenario {
    /// Reads a scenario. `name_or_file` only tells a person in the error which text is meant.
    ///
    /// # Errors
    /// On text that is no TOML, keys that do not exist or are missing, numbers out of their range, and a server that
    /// cannot do the work; the message is one line that names the place and the next step.
    pub fn parse(name_or_file: &str, text: &str) -> Result<Self, ScenarioError> {
        parse::parse(name_or_file, text)
    }

    /// The scenario of this name that comes with the crate.
    #[must_use]
    pub fn builtin(name: &str) -> Option<Self> {
        let (name, text) = BUILTIN.iter().find(|(builtin, _)| *builtin == name)?;
        // A test parses them all.
        Self::parse(name, text).ok()
    }

    /// The names that [`Scenario::builtin`] knows.
    #[must_use]
    pub fn builtin_names() -> Vec<&'static str> {
        BUILTIN.iter().map(|(name, _)| *name).collect()
    }

    /// From a client to the server.
    #[must_use]
    pub const fn way_out(&self) -> Millis {
        Millis(self.round_trip.0 / 2)
    }

    /// From the server back to the client; one millisecond longer than the way out if the round trip is odd.
    #[must_use]
    pub const fn way_back(&self) -> Millis {
        Millis(self.round_trip.0 - self.round_trip.0 / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_scenario_parses_and_goes_by_its_own_name() {
        for (name, text) in BUILTIN {
            let parsed = Scenario::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((parsed.name.as_str(), Scenario::builtin(name)), (*name, Some(parsed.clone())));
        }
        assert_eq!(Scenario::builtin("page-sink"), None);
    }

    #[test]
    fn page_sync_is_what_the_issue_says() {
        let scenario = Scenario::builtin("page-sync").unwrap();
        assert_eq!(scenario.start.to_string(), "2026-02-02T12:20:00Z");
        assert_eq!(scenario.work, Work::Pages { count: 40_000, in_flight: 50 });
        let want = PointsSpec { quota_points: 65_000, used_points: 20_000, burst_per_second: 100, burst_capacity: 100 };
        assert_eq!((scenario.server, scenario.round_trip), (ServerSpec::Points(want), Millis(100)));
    }

    #[test]
    fn rush_is_what_the_issue_says() {
        let scenario = Scenario::builtin("rush").unwrap();
        assert_eq!(scenario.work, Work::Invocations { users: 7_000, arrive_over: Millis::from_secs(1) });
        assert_eq!(scenario.server, ServerSpec::Invocations(InvocationProfile::ForgeRfc130));
    }
}
