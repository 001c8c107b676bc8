//! Who refused and which limit: told from marks, reasons, policies, texts, in an order that lets no one hide another.
//!
//! Source of the order: the nearer to us, the earlier. A tunnel answers before Atlassian does, Forge's proxy before the
//! gateway, the gateway before the product.

use super::limiter::{Limiter, Origin, Reason, Scope};
use crate::facts;
use crate::headers::{Allowance, Points, Policy, Signals};
use crate::operation::Response;
use crate::profile::{CountedPer, InvocationProfile};
use crate::properties::{Limited, RateLimitProperties, STORAGE_CODES};
use crate::time::Millis;
use crate::when::When;

/// What a refused response amounts to, apart from when to come again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) origin: Origin,
    pub(super) limiter: Limiter,
    pub(super) scope: Scope,
    /// The length of its window, where one is known.
    pub(super) window: Option<Millis>,
}

const fn verdict(origin: Origin, limiter: Limiter, scope: Scope) -> Verdict {
    Verdict { origin, limiter, scope, window: None }
}

/// 1,000 requests in a rolling hour for an account. Its refusal has a body and hardly a header. Sources: Bitbucket
/// thread of 2018-05 (the limits are those of a user account); the body was seen in public threads, read 2026-11.
const BITBUCKET_BODY: &str = "Rate limit for this resource has been exceeded";

/// ngrok's page. Source of the first: thread of developers on Confluence's limits; of the second: ngrok's
/// documentation, read 2026-11.
const TUNNEL_BODIES: [&str; 2] = ["Too many connections! The tunnel session", "ERR_NGROK_"];

/// The window of [`facts::NGROK_CONNECTIONS_PER_MINUTE`].
const TUNNEL_WINDOW: Millis = Millis::from_secs(60);

/// The proxy's mark where a function made more requests than one invocation may. Source: ECO-491, read 2026-11.
const EGRESS_MARKS: [&str; 2] = ["fetch_limit", "egress"];

/// Texts are looked for at the beginning of a body only: a refusal is short, and a page of search results is not.
const LOOK_AT: usize = 4_096;

/// Reads who refused. `response` is known to be a refusal, and `points` what its head says of points.
pub(super) fn of(response: &Response, signals: &Signals, points: Points) -> Verdict {
    let body = Body::of(response);
    of_the_tunnel(signals, &body)
        .or_else(|| of_the_proxy(signals))
        .or_else(|| of_the_gateway(signals))
        .or_else(|| of_the_product(signals))
        .or_else(|| of_data_center(signals))
        .or_else(|| of_others(response, signals, &body))
        .unwrap_or_else(|| of_the_figures(signals, points))
}

/// Whether the tunnel's text says that it refused, whatever the status.
pub(super) fn is_the_tunnels(response: &Response) -> bool {
    Body::of(response).has(TUNNEL_BODIES[0])
}

/// Whether a text is the page of a refusal that only one server writes.
#[cfg(feature = "full")]
pub(super) fn is_a_known_page(text: &[u8]) -> bool {
    let body = Body(text.get(..LOOK_AT).unwrap_or(text));
    TUNNEL_BODIES.iter().chain([&BITBUCKET_BODY]).any(|page| body.has(page))
}

struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn of(response: &'a Response) -> Self {
        Self(response.body.get(..LOOK_AT).unwrap_or(&response.body))
    }

    fn has(&self, text: &str) -> bool {
        self.0.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

fn of_the_tunnel(signals: &Signals, body: &Body<'_>) -> Option<Verdict> {
    let is_the_tunnels = signals.marks.tunnel_error.is_some() || TUNNEL_BODIES.iter().any(|text| body.has(text));
    let refused = verdict(Origin::Ngrok, Limiter::TunnelConnections, Scope::Tunnel);
    is_the_tunnels.then_some(Verdict { window: Some(TUNNEL_WINDOW), ..refused })
}

fn of_the_proxy(signals: &Signals) -> Option<Verdict> {
    let mark = signals.marks.forge_proxy_error.as_ref()?.to_ascii_lowercase();
    let is_egress = EGRESS_MARKS.iter().any(|egress| mark.contains(egress));
    let limiter = if is_egress { Limiter::Egress } else { Limiter::Unknown };
    Some(verdict(Origin::ForgeProxy, limiter, Scope::App))
}

fn of_the_gateway(signals: &Signals) -> Option<Verdict> {
    let says_more = signals.enforced.reason.is_some() || signals.enforced.retry_after.is_some();
    let is_its = signals.marks.failure_category.is_some() && !says_more && signals.enforced.allowances.is_empty();
    is_its.then(|| verdict(Origin::AtlassianGateway, Limiter::Gateway, Scope::Unknown))
}

fn of_the_product(signals: &Signals) -> Option<Verdict> {
    let said = &signals.enforced;
    let reason = said.reason.as_deref().map(Reason::of);
    let member = refusing(&said.policies, &said.allowances).map(Reason::of);
    // A reason that is not known may stand beside a policy that is.
    let known = |reason: &Reason| reason.limiter != Limiter::Unknown;
    let Reason { limiter, scope, .. } = reason.filter(known).or(member.filter(known)).or(reason).or(member)?;
    let told = [reason, member].into_iter().flatten().map(|reason| reason.origin);
    let origin = told.into_iter().find(|origin| *origin != Origin::Unknown).unwrap_or(Origin::Unknown);
    Some(verdict(origin, limiter, scope))
}

/// The policy that refused: the one of which nothing is left, or the only one that is named.
fn refusing<'a>(policies: &'a [Policy], allowances: &'a [Allowance]) -> Option<&'a str> {
    let empty = allowances.iter().find(|allowance| allowance.remaining == Some(0));
    let only = match (allowances, policies) {
        ([one], _) => Some(&one.name),
        ([], [one]) => Some(&one.name),
        _ => None,
    };
    empty.map(|allowance| &allowance.name).or(only).map(String::as_str)
}

/// A token bucket of a user. Its next token comes within an interval. Source: Data Center's documentation on rate
/// limiting, read 2026-11.
fn of_data_center(signals: &Signals) -> Option<Verdict> {
    let interval = signals.marks.fill_interval;
    let is_its = interval.is_some() || signals.marks.fill_rate.is_some();
    let refused = verdict(Origin::DataCenter, Limiter::TokenBucket, Scope::User);
    is_its.then_some(Verdict { window: interval, ..refused })
}

fn of_others(response: &Response, signals: &Signals, body: &Body<'_>) -> Option<Verdict> {
    if body.has(BITBUCKET_BODY) {
        return Some(verdict(Origin::Bitbucket, Limiter::HourlyRequests, Scope::Account));
    }
    if STORAGE_CODES.iter().any(|code| body.has(code)) {
        return Some(Verdict::from(Limited::Storage));
    }
    if signals.marks.is_github {
        return Some(verdict(Origin::Github, Limiter::HourlyRequests, Scope::Account));
    }
    let limit = RateLimitProperties::read_headers(&response.headers).and_then(|properties| properties.limit);
    let ends_an_hour = matches!(signals.enforced.reset, Some(When::At(reset)) if reset.is_hour_start());
    let is_one_of_forge = signals.enforced.limit.is_some_and(|limit| rate(limit).is_some()) && !ends_an_hour;
    let is_a_trigger = signals.marks.is_web_trigger || is_one_of_forge;
    is_a_trigger.then(|| of_an_invocation(Origin::ForgeWebTrigger, limit))
}

/// A refused invocation, by the limit of the window that refused it.
pub(super) fn of_an_invocation(origin: Origin, limit: Option<u32>) -> Verdict {
    let (scope, window) = limit.and_then(rate).unzip();
    let refused = verdict(origin, Limiter::InvocationRate, scope.unwrap_or(Scope::Installation));
    Verdict { window, ..refused }
}

/// Whose rate has this limit, and over how long: in all profiles together no limit stands for two.
fn rate(limit: u32) -> Option<(Scope, Millis)> {
    let rules = InvocationProfile::ALL.iter().flat_map(|profile| profile.rules());
    rules.filter(|rule| rule.limit == limit).map(|rule| (scope(rule.per), rule.span)).next()
}

/// An environment is the app, as far as it is deployed there.
const fn scope(per: CountedPer) -> Scope {
    match per {
        CountedPer::User | CountedPer::Account => Scope::User,
        CountedPer::Installation => Scope::Installation,
        CountedPer::Environment | CountedPer::App => Scope::App,
        CountedPer::Issue => Scope::Issue,
    }
}

/// Without any name the figures tell: points all spent are the quota; points left mean that something else refused.
fn of_the_figures(signals: &Signals, points: Points) -> Verdict {
    let limiter = match (points.remaining, signals.enforced.remaining) {
        (Some(0), _) => Limiter::PointsQuota,
        (Some(_), _) => Limiter::Burst,
        // Spent, and no points: the bucket of a burst.
        (None, Some(0)) => Limiter::Burst,
        _ => Limiter::Unknown,
    };
    verdict(Origin::Unknown, limiter, Scope::Unknown)
}

impl From<Limited> for Verdict {
    fn from(limited: Limited) -> Self {
        match limited {
            Limited::Storage => verdict(Origin::ForgeStorage, Limiter::StorageRate, Scope::Installation),
            Limited::Bridge => Self {
                window: Some(Millis::from_secs(facts::BRIDGE_WINDOW_SECS.value.into())),
                ..verdict(Origin::ForgeInvocation, Limiter::InvocationRate, Scope::User)
            },
        }
    }
}
