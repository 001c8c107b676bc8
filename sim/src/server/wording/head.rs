//! The head of an answer of Confluence or Jira.
//!
//! Most answers differ from the one before by one number. Dates and policies are written once and copied.

use super::shape;
use super::{quota_policy, quota_reason};
use crate::server::pool::PoolState;
use crate::server::spec::{BurstHeaders, Dialect, Product, ResetShape, ServerSpec, Switches};
use headroom_model::operation::Header;
use headroom_model::time::Instant;
use std::fmt::Write as _;

/// What there is to tell at `now`.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Told {
    pub(in crate::server) now: Instant,
    pub(in crate::server) pool: Option<PoolState>,
    /// The coming rule's pool, and whether it would have refused.
    pub(in crate::server) preview: Option<(PoolState, bool)>,
    /// The bucket of the burst limit.
    pub(in crate::server) burst: Option<Bucketed>,
    /// Requests of the hour, or tokens of Data Center.
    pub(in crate::server) requests: Option<Bucketed>,
    /// The fullest window of invocations.
    pub(in crate::server) invocations: Option<Bucketed>,
}

impl Told {
    /// Points that are left; without a pool requests of the hour, or invocations.
    pub(in crate::server) fn left(&self) -> Option<u32> {
        self.pool.map(|pool| pool.left).or_else(|| self.requests.or(self.invocations).map(|state| state.left))
    }
}

/// A counter that is not the quota's.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Bucketed {
    pub(in crate::server) limit: u32,
    pub(in crate::server) left: u32,
    /// What comes back each second, where that is even.
    pub(in crate::server) per_second: Option<u32>,
}

/// What a refusal adds.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) is_refusal: bool,
    pub(super) reason: Option<&'static str>,
    pub(super) retry_after: Option<String>,
    /// The wall of `jira-cost-based`, which the plain fields then tell.
    pub(super) wall: Option<Bucketed>,
    /// The name of the burst's policy, if the burst refused.
    pub(super) burst: Option<&'static str>,
}

/// Writes heads.
#[derive(Clone, Debug)]
pub(super) struct Head {
    product: Product,
    dialect: Dialect,
    switches: Switches,
    plain_is_points: bool,
    always_tells_left: bool,
    date: Written<u64>,
    reset: Written<(Instant, Instant)>,
    policy: Written<Policies>,
}

/// What the policies depend on: the quota's name, points and window, and the burst's name and rate.
type Policies = (&'static str, u32, u64, Option<(&'static str, u32)>);

/// The text of a value, kept until another one comes.
#[derive(Clone, Debug)]
struct Written<T>(Option<(T, String)>);

impl<T: PartialEq + Copy> Written<T> {
    fn text(&mut self, value: T, write: impl FnOnce(T) -> String) -> &str {
        if self.0.as_ref().is_none_or(|(last, _)| *last != value) {
            self.0 = None;
        }
        &self.0.get_or_insert_with(|| (value, write(value))).1
    }
}

impl Head {
    pub(super) fn new(spec: &ServerSpec) -> Self {
        let ServerSpec { product, headers: dialect, quota, switches, .. } = spec;
        let plain = switches.burst_headers;
        Self {
            product: *product,
            dialect: *dialect,
            switches: switches.clone(),
            plain_is_points: plain.map_or(dialect.is_seed(), |plain| plain == BurstHeaders::Points),
            always_tells_left: quota.as_ref().is_some_and(|quota| quota.always_headers),
            date: Written(None),
            reset: Written(None),
            policy: Written(None),
        }
    }

    /// Whether a reset of the pool is told in the plain fields.
    pub(super) fn tells_reset(&self) -> bool {
        self.plain_is_points && self.switches.reset != ResetShape::Missing
    }

    /// Date and kind of the body alone.
    pub(super) fn plain(&mut self, now: Instant, kind: &str) -> Vec<Header> {
        let mut headers = Vec::with_capacity(8);
        let date = self.date.text(now.0 / 1_000, |secs| Instant(secs * 1_000).to_http_date());
        headers.push(Header::new("Date", date));
        headers.push(Header::new("Content-Type", kind));
        headers
    }

    pub(super) fn write(&mut self, told: &Told, kind: &str, said: &Said) -> Vec<Header> {
        let mut headers = self.plain(told.now, kind);

        let pool = told.pool.map(|pool| match self.switches.zero_with_200 && !said.is_refusal && pool.is_near() {
            true => PoolState { left: 0, ..pool },
            false => pool,
        });
        match (said.wall, pool) {
            (Some(wall), _) => bucket(&mut headers, &wall),
            (None, pool) if self.plain_is_points => {
                pool.iter().for_each(|pool| self.points(&mut headers, pool, told.now, ""))
            }
            (None, _) => told.burst.iter().for_each(|burst| bucket(&mut headers, burst)),
        }
        headers.extend(said.reason.map(|reason| Header::new("RateLimit-Reason", reason)));
        headers.extend(said.retry_after.as_deref().map(|text| Header::new("Retry-After", text)));
        if self.dialect.is_structured() {
            self.structured(&mut headers, told, pool, said.burst);
        }
        if let Some((preview, is_over)) = told.preview {
            self.beta(&mut headers, &preview, is_over, told.now);
        }
        headers
    }

    /// `X-RateLimit-*` about points; with the prefix `Beta-` those of the coming rule.
    fn points(&mut self, headers: &mut Vec<Header>, pool: &PoolState, now: Instant, beta: &str) {
        let is_near = self.switches.near_limit_always || pool.is_near();
        let mut push = |name: &str, value: String| headers.push(Header::new(["X-", beta, name].concat(), value));
        push("RateLimit-Limit", pool.quota.to_string());
        push("RateLimit-Remaining", pool.left.to_string());
        let shape = self.switches.reset;
        if shape != ResetShape::Missing {
            // Only what remains depends on the instant.
            let now = if shape == ResetShape::Remaining { now } else { Instant(0) };
            let write = |(reset, now)| shape::reset(shape, reset, now).unwrap_or_default();
            push("RateLimit-Reset", self.reset.text((pool.reset, now), write).to_owned());
        }
        push("RateLimit-NearLimit", if is_near { "true" } else { "false" }.to_owned());
    }

    fn structured(
        &mut self,
        headers: &mut Vec<Header>,
        told: &Told,
        pool: Option<PoolState>,
        burst: Option<&'static str>,
    ) {
        let refusing = burst.zip(told.burst);
        if let Some(pool) = pool {
            let rate = refusing.map(|(name, bucket)| (name, bucket.per_second.unwrap_or(bucket.limit)));
            let policies = (quota_policy(pool.scope), pool.quota, pool.window.secs_ceil(), rate);
            headers.push(Header::new("RateLimit-Policy", self.policy.text(policies, write_policies)));
        }
        let mut value = String::with_capacity(48);
        if let Some(pool) = pool {
            self.allowance(&mut value, &pool, told.now);
        }
        if let Some((name, bucket)) = refusing {
            let comma = if value.is_empty() { "" } else { ", " };
            let _ = write!(value, "{comma}\"{name}\";r={};t=1", bucket.left);
        }
        if !value.is_empty() {
            headers.push(Header::new("RateLimit", value));
        }
    }

    /// `r` only past 80 % of use, unless a proposal says always.
    fn allowance(&self, value: &mut String, pool: &PoolState, now: Instant) {
        // To a string it never fails.
        let _ = write!(value, "\"{}\"", quota_policy(pool.scope));
        if self.always_tells_left || pool.is_near() {
            let _ = write!(value, ";r={}", pool.left);
        }
        let _ = write!(value, ";t={}", pool.reset.since(now).secs_ceil());
    }

    /// The coming rule, in the words of the dialect. What it would have refused has a delay.
    fn beta(&mut self, headers: &mut Vec<Header>, pool: &PoolState, is_over: bool, now: Instant) {
        if self.dialect.is_seed() {
            self.points(headers, pool, now, "Beta-");
            if is_over {
                let reason = quota_reason(self.product, pool.scope);
                headers.push(Header::new("X-Beta-RateLimit-Reason", reason));
                headers.push(Header::new("Beta-Retry-After", pool.reset.since(now).secs_ceil().to_string()));
            }
        }
        if self.dialect.is_structured() {
            let policies = (quota_policy(pool.scope), pool.quota, pool.window.secs_ceil(), None);
            headers.push(Header::new("Beta-RateLimit-Policy", write_policies(policies)));
            let mut value = String::new();
            self.allowance(&mut value, pool, now);
            headers.push(Header::new("Beta-RateLimit", value));
        }
    }
}

/// `X-RateLimit-*` about a bucket. It has no reset and is never said to be near.
fn bucket(headers: &mut Vec<Header>, bucket: &Bucketed) {
    headers.push(Header::new("X-RateLimit-Limit", bucket.limit.to_string()));
    headers.push(Header::new("X-RateLimit-Remaining", bucket.left.to_string()));
}

fn write_policies((name, quota, secs, burst): Policies) -> String {
    let quota = format!("\"{name}\";q={quota};w={secs}");
    match burst {
        Some((name, rate)) => format!("{quota}, \"{name}\";q={rate};w=1"),
        None => quota,
    }
}
