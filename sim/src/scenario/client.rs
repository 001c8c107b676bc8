//! `[client]`: what the developer told the client.

use super::work::Deadline;
use crate::value::{Span, Whole};
use headroom_model::profile::InvocationProfile;
use serde::Deserialize;
use serde::de::{self, Deserializer};

/// Points of a quota: more than the largest published one (500,000) by far, and what the interface admits.
pub type Points = Whole<1, 10_000_000>;

/// What the developer told the client, in the words of `wit/types.wit`. None: the client's own default holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientSpec {
    /// Points in each UTC hour.
    pub quota_points: Option<Points>,
    /// Which pool holds.
    pub pool: Option<Pool>,
    /// The pace to keep on REST requests of one tenant.
    pub burst: Option<BurstSpec>,
    /// The invocation limits to reckon with.
    #[serde(deserialize_with = "profile")]
    pub invocations: Option<InvocationProfile>,
    /// How long a caller can wait for one operation, unless its work says otherwise.
    pub deadline: Option<Deadline>,
    /// How many instances share the limits; none: as many as the fleet has nodes.
    pub nodes: Option<Whole<1, 10_000>>,
    /// Attempts for each call.
    pub max_attempts: Option<Whole<1, 100>>,
    /// Retries for which nobody promised an instant.
    pub retry_budget: Option<Whole<0, 100_000>>,
    /// What the app grants each tenant.
    pub tenant_cap: Option<AllowanceSpec>,
    /// What the app grants each user of a tenant.
    pub user_cap: Option<Points>,
    /// Further limits that the app keeps to; none: the client's own default.
    pub windows: Option<Vec<WindowSpec>>,
}

/// At most so many within any span of that length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowSpec {
    /// What is counted together.
    pub per: Counted,
    /// The most.
    pub limit: Whole<1, 100_000>,
    /// The span: one second to one day.
    pub span: Span<1_000, 86_400_000>,
}

/// What a window of the client counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// All REST requests.
    App,
    /// The REST requests for one user of a tenant.
    Account,
    /// The invocations in one environment.
    Environment,
    /// The invocations in one installation.
    Installation,
    /// The invocations of one user in an installation.
    User,
}

/// Which pool of points the client reckons with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pool {
    /// One over all tenants.
    Global,
    /// One for each tenant.
    PerTenant,
}

/// A pace: a token bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BurstSpec {
    /// Requests per second.
    pub per_second: Whole<1, 1_000>,
    /// Requests at once after a rest.
    pub capacity: Whole<1, 100_000>,
}

/// Points by the number of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowanceSpec {
    /// Without users.
    pub base: Points,
    /// For each user.
    pub per_user: Whole<0, 10_000_000>,
    /// The most; none: no bound.
    pub most: Option<Points>,
}

/// A profile by its name.
fn profile<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<InvocationProfile>, D::Error> {
    const NAMES: &[&str] =
        &[InvocationProfile::ALL[0].name(), InvocationProfile::ALL[1].name(), InvocationProfile::ALL[2].name()];
    let name = String::deserialize(deserializer)?;
    InvocationProfile::named(&name).map(Some).ok_or_else(|| de::Error::unknown_variant(&name, NAMES))
}
