//! What a product limits beside the points: bursts, tokens, requests at the same time; and what other products limit.

use super::{Count, PointsCount};
use crate::value::Whole;
use headroom_model::facts;
use serde::Deserialize;

/// Requests within seconds: `[server.burst]`. Nobody publishes capacities; the defaults are one second's worth [?].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BurstSpec {
    /// Requests that come back each second, for each tenant. Default 100 (Jira's GET; Confluence publishes none).
    pub per_second: Option<Count>,
    /// Requests that a rested bucket admits. Default: as many as come back in a second.
    pub capacity: Option<Count>,
    /// `"jira"`: instead of one bucket for each tenant, one for each path template and method, at the published rates.
    pub endpoints: Option<Endpoints>,
    /// `[server.burst.guarded]`: further buckets for Confluence's permission, search and admin paths, which it says to
    /// protect more without a number.
    pub guarded: Option<GuardedSpec>,
}

impl BurstSpec {
    /// Requests that come back each second to one tenant.
    pub(crate) fn per_second(&self) -> u32 {
        self.per_second.map_or(facts::JIRA_GET_PER_SECOND.value, Whole::get)
    }
}

/// Whose table of rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoints {
    /// Jira's (page of 2026-08-12): GET and POST 100/s, PUT and DELETE 50/s, and some paths with rates of their own.
    Jira,
}

/// A tighter bucket for each tenant and guarded group of paths. No figure is published [?], so both are the scenario's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardedSpec {
    /// Requests that come back each second.
    pub per_second: Count,
    /// Requests that a rested bucket admits.
    pub capacity: Count,
}

/// Limits of API-token traffic: `[server.api_token]`. It spends no points (announcement of 2025-12-12); the buckets of
/// `[server.burst]` hold it too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiTokenSpec {
    /// The wall `jira-cost-based`: points that one account may spend on one tenant in a UTC hour. Seen: 150,000 to
    /// 600,000, in the field.
    pub hourly_cost: Option<PointsCount>,
    /// Requests that come back each second to one account on one tenant.
    pub per_second: Option<Count>,
    /// Requests that its rested bucket admits. Default: as many as come back in a second.
    pub capacity: Option<Count>,
}

/// Requests at the same time: `[server.concurrency]`. The reason was seen in the field, without a number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConcurrencySpec {
    /// The most for each tenant and account, over all nodes.
    pub most: Count,
}

/// A tunnel: `[server.tunnel]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TunnelSpec {
    /// New connections in a minute. Default: 20 (the thread on ngrok).
    pub per_minute: Option<Count>,
}

/// The limits of Bitbucket, GitHub and Data Center: `[server.requests]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestsSpec {
    /// Requests of one account in an hour. Default: Bitbucket 1,000, rolling; GitHub 5,000, in each UTC hour [?].
    pub per_hour: Option<Count>,
    /// The same without a login, for one address. Default: 60.
    pub anonymous_per_hour: Option<Count>,
    /// Data Center: the bucket of one user. Default: 60 (the page's example).
    pub capacity: Option<Count>,
    /// Data Center: tokens that each interval brings. Default: 5 (the same example).
    pub fill: Option<Count>,
    /// Data Center: that interval, in whole seconds. Default: 1.
    pub interval_secs: Option<Whole<1, 3_600>>,
}

/// Refusals that have nothing to do with the client: `[server.gateway]`. Each comes by chance, on average every so many
/// requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewaySpec {
    /// The gateway: 429 with `X-Failure-Category` and no more.
    pub every: Option<Whole<2, 1_000_000>>,
    /// Forge's proxy: 429 with `forge-proxy-error` and no more.
    pub forge_proxy_every: Option<Whole<2, 1_000_000>>,
}
