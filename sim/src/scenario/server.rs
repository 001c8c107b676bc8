//! `[server]` as it was before there were many kinds of servers; `server::ServerSpec` takes its place.

use super::client::profile;
use crate::value::Whole;
use headroom_model::profile::InvocationProfile;
use serde::Deserialize;

/// Which limits the server enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Table")]
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    quota_points: Option<Whole<2, 10_000_000>>,
    used_points: Option<Whole<0, 10_000_000>>,
    burst_per_second: Option<Whole<1, 100_000>>,
    burst_capacity: Option<Whole<1, 100_000>>,
    #[serde(default, deserialize_with = "profile")]
    invocations: Option<InvocationProfile>,
}

impl TryFrom<Table> for ServerSpec {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        match table {
            Table { quota_points: None, invocations: Some(profile), .. } => Ok(Self::Invocations(profile)),
            Table {
                quota_points: Some(quota),
                used_points,
                burst_per_second: Some(rate),
                burst_capacity: Some(capacity),
                invocations: None,
            } => {
                let used_points = used_points.map_or(0, Whole::get);
                let (quota_points, burst_per_second, burst_capacity) = (quota.get(), rate.get(), capacity.get());
                if used_points > quota_points {
                    return Err(format!("`used_points` is `{used_points}`: use a number from 0 to {quota_points}"));
                }
                Ok(Self::Points(PointsSpec { quota_points, used_points, burst_per_second, burst_capacity }))
            }
            _ => Err("`[server]` is incomplete: give it `quota_points`, `burst_per_second` and `burst_capacity`, or \
                      `invocations` alone"
                .to_owned()),
        }
    }
}
