//! Scenarios: who asks what of which server, as a TOML file.
//!
//! Spans are texts with a unit: `"100 ms"`, `"25 s"`, `"10 min"`, `"12 h"`, `"3 d"`. A key with a default may be left
//! out; the default stands here.
//!
//! ```toml
//! name = "small"                     # 1 to 40 lowercase letters, digits and dashes
//! about = "Ten pages, no hurry."     # one line of at most 400 bytes, for people
//! start = "2026-02-02T12:20:00Z"     # RFC 3339, year 2000 to 2100
//! span = "24 h"                      # 1 s to 30 d: no job begins later; what has begun may end. Default 24 h
//! round_trip = "100 ms"              # 1 ms to 60 s. Default 100 ms
//!
//! [server]                           # which limits hold: the module `server::spec` documents every key
//! quota = { points = 65_000, used_points = 20_000 }   # per UTC hour, and in the hour of `start`
//! burst = { per_second = 100, capacity = 100 }        # for each tenant
//! # invocations = { profile = "forge-rfc130" }        # for Forge functions
//!
//! [fleet]                            # who does the work; may be left out
//! nodes = 1                          # 1 to 10,000. Default 1
//! clock_offset = "0 s"               # 0 to 1 d: clocks are wrong by up to this, evenly. Default 0 s
//! clock_drift_ppm = 0                # 0 to 100,000: clocks run fast, every second one slow. Default 0
//! # clock_step = { after = "1 h", by = "5 min", back = true }            # all clocks are set once
//! # crash = { every = "2 h", down = "30 s", state = "saved" }            # or "lost", the default
//! each = "node"                      # what a client is: a "node", or a "user" among strangers. Default "node"
//!
//! [[work]]                           # one or more
//! name = "copy"                      # as above
//! request = "GET /wiki/rest/api/content/{n}"   # {n}: the item, from 100,000; {user}: the user, from 1
//! # graphql = "{ myself { id } }"    # ... or a GraphQL document
//! # invoke = "getText"               # ... or a Forge function, called by a
//! # trigger = "ui"                   # "ui" (default), "web-trigger", "workflow", "adf-export", "jql-function",
//! #                                  # "scheduled", "product-event" or "async-event"
//! # body = '{"id":{n}}'              # of a request
//! auth = "app"                       # "app" (default), "api-token", "anonymous"
//! # account = "bot"                  # who asks; without it the user, if there are users
//! frontend = false                   # a browser sends it, through the bridge. Default false
//! keep_alive = true                  # connections are used again. Default true
//! objects = 1                        # in an answer: 0 to 100,000, or { least = 1, most = 50 }. Default 1
//! tenant = "docs"                    # may be left out where all work is on one tenant
//! tenants = 1                        # 1 to 100,000; several are called docs-1, docs-2, ... Default 1
//! # zipf = 1.0                       # 0 to 3 by 0.25: the k-th tenant asks in proportion to 1/k^s; none: in turn
//! # users = 10_000                   # 1 to 1,000,000, in turn; none: nobody is named
//! count = 10                         # 1 to 5,000,000 jobs, with `every` each time; not needed with `poisson`
//! arrive = { backlog = { workers = 2 } }       # all there, 1 to 10,000 at a time on each node; or
//! #        { poisson = { calls = 3, per = "1 s" } }, { every = "10 min" }, { within = "1 s" }, "at_once"
//! begins_after = "0 s"               # 0 to 30 d from the start to the first. Default 0 s
//! # after = "other work"             # instead of `arrive` and `count`: job i follows when job i there is done,
//! # times = 1                        # 1 to 1,000 of them for each. Default 1
//! # priority = "interactive"         # or "background"; none: the client is not told
//! # deadline = "25 s"                # 1 ms to 30 d: how long a caller can wait
//! # idempotent = true                # none: as the method says
//! retry_unsafe = false               # errors of writes may be retried. Default false
//!
//! [client]                           # what the developer told the client; every line may be left out, and then the
//! #                                  # defaults of `config` in wit/types.wit hold: 65,000 points, 100 requests per
//! #                                  # second, ... The strategies that are not ours hear of nothing but the deadline
//! quota_points = 65_000              # 1 to 10,000,000
//! pool = "global"                    # or "per-tenant"
//! burst = { per_second = 100, capacity = 100 } # 1 to 1,000 and 1 to 100,000
//! # invocations = "forge-rfc130"
//! # deadline = "25 s"                # where a work has none of its own
//! # nodes = 50                       # 1 to 10,000 instances share the limits; none: as many as the fleet has
//! # max_attempts = 5                 # 1 to 100
//! # retry_budget = 20                # 0 to 100,000
//! # tenant_cap = { base = 1_000, per_user = 10, most = 5_000 }
//! # user_cap = 1_000
//! # windows = [{ per = "app", limit = 1_000, span = "1 h" }] # 8 at most; per "app", "account" (of a request),
//! #                                  # "environment", "installation", "user" (of an invocation); 1 to 100,000; 1 s to 24 h
//!
//! [[fault]]                          # any number, applied in this order
//! name = "every tenth answer is late"
//! on = { work = "copy", tenant = "docs", node = 0, method = "GET", after = "1 min", before = "2 h", every = 10 }
//! #      every line of it may be left out; `per_mille = 50` instead of `every`: by chance, 50 of 1,000
//! then = { delay = "2 s" }           # or one of these:
//! # { refuse = { status = 429, headers = [{ name = "Retry-After", value = "5" }], body = "" } }
//! # { status = { code = 503, retry_after = "5 s" } }   # `retry_after` may be left out
//! # "drop"                           # it never arrives, the connection breaks
//! # "reset_after_counted"            # the server did it, the connection breaks
//! # "duplicate"                      # the server gets it twice
//! # { reorder = "500 ms" }           # answers are late by chance, up to this
//! # { header = { name = "Retry-After", set = "0" } }   # without `set` it is taken away
//! # { date_off = { by = "5 min", back = true } }       # the answer's `Date` is wrong
//!
//! [[variant]]                        # the same traffic under other rules
//! name = "half"                      # a whole `server`, `client` or `fleet` replaces the scenario's
//! fleet = { nodes = 2 }
//! ```

mod check;
mod client;
mod error;
mod fault;
mod fleet;
mod template;
mod work;
mod zipf;

pub use client::{AllowanceSpec, BurstSpec, ClientSpec, Counted, Points, Pool, WindowSpec};
pub use error::ScenarioError;
pub use fault::{FaultSpec, HeaderSpec, MethodName, OnSpec, Then};
pub use fleet::{CrashSpec, Each, FleetSpec, StateLeft, StepSpec};
pub use template::{RequestLine, Template};
pub use work::{Arrive, AuthKind, Objects, Priority, WorkSpec};
pub use zipf::Exponent;
pub(crate) use zipf::Zipf;

use crate::server::ServerSpec;
use crate::value::Span;
use headroom_model::time::{Instant, Millis};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

/// A simulation to run: server, fleet, work, and what the client was told. Made by [`Scenario::parse`], so within
/// bounds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Scenario {
    /// The name it goes by.
    #[serde(deserialize_with = "check::name")]
    pub name: String,
    /// What it shows, for people.
    #[serde(deserialize_with = "check::about")]
    pub about: String,
    /// When it begins.
    #[serde(deserialize_with = "check::start")]
    pub start: Instant,
    /// From the start to the last instant at which a job can begin.
    #[serde(default = "day")]
    pub span: Span<1_000, 2_592_000_000>,
    /// From a client to the server and back.
    #[serde(default = "ordinary_round_trip")]
    pub round_trip: Span<1, 60_000>,
    /// The limits that hold.
    pub server: ServerSpec,
    /// Who does the work.
    #[serde(default)]
    pub fleet: FleetSpec,
    /// What there is to do.
    pub work: Vec<Spanned<WorkSpec>>,
    /// What the client knows.
    #[serde(default)]
    pub client: ClientSpec,
    /// What goes wrong, in this order.
    #[serde(default, rename = "fault")]
    pub faults: Vec<FaultSpec>,
    #[serde(default)]
    variant: Vec<VariantSpec>,
}

/// What a variant has instead.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct VariantSpec {
    name: Spanned<String>,
    server: Option<ServerSpec>,
    client: Option<ClientSpec>,
    fleet: Option<FleetSpec>,
}

/// The scenarios that come with the crate: name and text.
const BUILTIN: &[(&str, &str)] = &[
    ("page-sync", include_str!("../../scenarios/page-sync.toml")),
    ("rush", include_str!("../../scenarios/rush.toml")),
    ("big-migration", include_str!("../../scenarios/big-migration.toml")),
    ("permissions-audit", include_str!("../../scenarios/permissions-audit.toml")),
    ("svg-macro", include_str!("../../scenarios/svg-macro.toml")),
    ("pipelines", include_str!("../../scenarios/pipelines.toml")),
    ("pipelines-webhooks", include_str!("../../scenarios/pipelines-webhooks.toml")),
    ("hot-dashboard", include_str!("../../scenarios/hot-dashboard.toml")),
    ("noisy-tenant", include_str!("../../scenarios/noisy-tenant.toml")),
    ("compromised-user", include_str!("../../scenarios/compromised-user.toml")),
    ("top-of-hour", include_str!("../../scenarios/top-of-hour.toml")),
    ("graphql-report", include_str!("../../scenarios/graphql-report.toml")),
    ("bad-day", include_str!("../../scenarios/bad-day.toml")),
    ("tier-change", include_str!("../../scenarios/tier-change.toml")),
    ("what-if-rules", include_str!("../../scenarios/what-if-rules.toml")),
];

/// A scenario in which every key is explained: the one at the head of this module's documentation.
#[must_use]
pub fn example() -> String {
    let lines = include_str!("mod.rs").lines().skip_while(|line| !line.ends_with("```toml")).skip(1);
    let text = lines.take_while(|line| !line.ends_with("```")).map(|line| {
        let line = line.trim_start_matches("//!");
        [line.strip_prefix(' ').unwrap_or(line), "\n"].concat()
    });
    text.collect()
}

/// Reads any table of a scenario file that stands in a file of its own; `file` only tells a person which text is meant.
///
/// # Errors
/// On text that is no TOML, keys that do not exist or are missing, numbers out of their range; one line with the place
/// and the next step.
pub fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, ScenarioError> {
    toml::from_str(text).map_err(|error| ScenarioError::from_toml(file, text, &error))
}

impl Scenario {
    /// Reads a scenario. `name_or_file` only tells a person in the error which text is meant.
    ///
    /// # Errors
    /// On text that is no TOML, keys that do not exist or are missing, numbers out of their range, names that nothing
    /// has, and chains of work without a beginning; the message is one line that names the place and the next step.
    pub fn parse(name_or_file: &str, text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = read(name_or_file, text)?;
        check::check(&scenario).map_err(|(span, message)| ScenarioError::new(name_or_file, text, &span, message))?;
        Ok(scenario)
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

    /// The same traffic under other rules: each variant's name, and the scenario as it is then, of that name after a
    /// slash. They have no variants themselves.
    #[must_use]
    pub fn variants(&self) -> Vec<(String, Self)> {
        let made = self.variant.iter().map(|variant| {
            let (name, mut other) = (variant.name.get_ref().clone(), self.clone());
            other.name = format!("{}/{name}", self.name);
            other.variant.clear();
            other.server = variant.server.clone().unwrap_or(other.server);
            other.client = variant.client.clone().unwrap_or(other.client);
            other.fleet = variant.fleet.clone().unwrap_or(other.fleet);
            (name, other)
        });
        made.collect()
    }

    /// The lines of work.
    pub fn works(&self) -> impl ExactSizeIterator<Item = &WorkSpec> {
        self.work.iter().map(Spanned::get_ref)
    }

    /// The name of the tenant that a work is on: its own, else that of the other works, of which there is then but one.
    #[must_use]
    pub fn tenant_of<'a>(&'a self, work: &'a WorkSpec) -> &'a str {
        let named = work.tenant.as_deref().or_else(|| self.works().find_map(|other| other.tenant.as_deref()));
        named.unwrap_or("tenant")
    }

    /// From a client to the server.
    #[must_use]
    pub const fn way_out(&self) -> Millis {
        Millis(self.round_trip.get().0 / 2)
    }

    /// From the server back to the client; one millisecond longer than the way out if the round trip is odd.
    #[must_use]
    pub const fn way_back(&self) -> Millis {
        Millis(self.round_trip.get().0 - self.round_trip.get().0 / 2)
    }

    /// The end of the span.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.start + self.span.get()
    }
}

const fn day() -> Span<1_000, 2_592_000_000> {
    Span::of(86_400_000)
}

const fn ordinary_round_trip() -> Span<1, 60_000> {
    Span::of(100)
}

#[cfg(test)]
mod tests;
