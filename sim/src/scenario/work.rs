//! `[[work]]`: what is asked for, by whom, and when.

use super::template::{RequestLine, Template};
use super::zipf::Exponent;
use crate::server::{Auth, Sender};
use crate::value::{Span, Whole};
use headroom_model::operation::Trigger;
use headroom_model::time::Millis;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::fmt;
use toml::Spanned;

/// Jobs of one line of work.
pub type Count = Whole<1, 5_000_000>;
/// A deadline: up to 30 days, as in the interface.
pub type Deadline = Span<1, 2_592_000_000>;
/// A point in the scenario's time: up to 30 days.
pub type Offset = Span<0, 2_592_000_000>;

/// One line of work: jobs that all ask for the same kind of thing.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkSpec {
    /// Its name, for `after` and for faults.
    pub name: Spanned<String>,
    /// A REST request; either this, `graphql` or `invoke`.
    pub request: Option<RequestLine>,
    /// A GraphQL document, sent by POST.
    pub graphql: Option<Template>,
    /// The key of a Forge function.
    pub invoke: Option<String>,
    /// What calls that function.
    #[serde(default, deserialize_with = "trigger")]
    pub trigger: Option<Trigger>,
    /// The request's body.
    pub body: Option<Template>,
    /// How the requests are authorised.
    #[serde(default)]
    pub auth: AuthKind,
    /// The account that asks, where it is always the same one.
    pub account: Option<String>,
    /// Whether a browser sends it, through the bridge.
    #[serde(default)]
    pub frontend: bool,
    /// Whether a connection is used again.
    #[serde(default = "yes")]
    pub keep_alive: bool,
    /// Objects that an answer holds, those of GraphQL's nested connections among them.
    #[serde(default)]
    pub objects: Objects,
    /// The tenant's name, which is the installation's as well; with several tenants a number is added to it. None:
    /// [`Scenario::tenant_of`](super::Scenario::tenant_of) says which.
    pub tenant: Option<String>,
    /// How many tenants there are.
    #[serde(default = "one")]
    pub tenants: Whole<1, 100_000>,
    /// How unevenly the jobs fall on the tenants; none: in turn.
    pub zipf: Option<Exponent>,
    /// How many users ask, in turn; none: nobody is named.
    pub users: Option<Whole<1, 1_000_000>>,
    /// How many jobs there are; with `every`, how many there are each time.
    pub count: Option<Count>,
    /// When they come; either this or `after`.
    pub arrive: Option<Arrive>,
    /// From the scenario's start to the first.
    pub begins_after: Option<Offset>,
    /// The work whose jobs must be done first: job `i` of it lets `times` jobs of this one begin.
    pub after: Option<Spanned<String>>,
    /// How many jobs follow each job of `after`.
    #[serde(default = "one")]
    pub times: Whole<1, 1_000>,
    /// Who waits for it; none: the client is not told.
    pub priority: Option<Priority>,
    /// How long the caller can wait.
    pub deadline: Option<Deadline>,
    /// Whether sending it twice does no harm; none: as its method says.
    pub idempotent: Option<bool>,
    /// Whether errors that tell when to come again are retried even if sending twice may do harm.
    #[serde(default)]
    pub retry_unsafe: bool,
}

/// How a request is authorised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthKind {
    /// As an app: Forge, Connect or OAuth 2.0.
    #[default]
    App,
    /// With an API token of a user.
    ApiToken,
    /// Not at all.
    Anonymous,
}

/// Who waits for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// Nobody.
    Background,
    /// A person.
    Interactive,
}

/// When jobs come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Arrive {
    /// They are all there; each node takes as many at a time as it has workers.
    Backlog {
        /// Workers of each node.
        workers: Whole<1, 10_000>,
    },
    /// They come at random, independent of each other.
    Poisson {
        /// So many on average ...
        calls: Whole<1, 1_000_000>,
        /// ... in this span.
        per: Span<1, 86_400_000>,
    },
    /// All of them come again and again, the first time at once.
    Every(Span<1, 2_592_000_000>),
    /// Each comes at a random instant of this span.
    Within(Span<1, 2_592_000_000>),
    /// All come at the same instant.
    AtOnce,
}

/// How many objects an answer holds: `objects = 1`, or `objects = { least = 1, most = 50 }`, drawn for each job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objects {
    /// The fewest.
    pub least: u32,
    /// The most.
    pub most: u32,
}

impl Default for Objects {
    fn default() -> Self {
        Self { least: 1, most: 1 }
    }
}

impl<'de> Deserialize<'de> for Objects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        type Number = Whole<0, 100_000>;
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Range {
            least: Number,
            most: Number,
        }
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Objects;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or { least = 1, most = 50 }")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Objects, E> {
                let number = Number::deserialize(de::value::I64Deserializer::new(number))?.get();
                Ok(Objects { least: number, most: number })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Objects, A::Error> {
                let Range { least, most } = Range::deserialize(de::value::MapAccessDeserializer::new(map))?;
                if least > most {
                    let (least, most) = (least.get(), most.get());
                    let next = "use the smaller number as `least`";
                    return Err(de::Error::custom(format!("`least` is `{least}`, `most` is `{most}`: {next}")));
                }
                Ok(Objects { least: least.get(), most: most.get() })
            }
        }
        deserializer.deserialize_any(Read)
    }
}

/// The triggers by the names they have in scenario files.
const TRIGGERS: [(&str, Trigger); 8] = [
    ("ui", Trigger::Ui),
    ("web-trigger", Trigger::WebTrigger),
    ("workflow", Trigger::Workflow),
    ("adf-export", Trigger::AdfExport),
    ("jql-function", Trigger::JqlFunction),
    ("scheduled", Trigger::Scheduled),
    ("product-event", Trigger::ProductEvent),
    ("async-event", Trigger::AsyncEvent),
];

fn trigger<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Trigger>, D::Error> {
    const NAMES: &[&str] =
        &["ui", "web-trigger", "workflow", "adf-export", "jql-function", "scheduled", "product-event", "async-event"];
    let name = String::deserialize(deserializer)?;
    let found = TRIGGERS.iter().find(|(known, _)| *known == name);
    found.map(|(_, trigger)| Some(*trigger)).ok_or_else(|| de::Error::unknown_variant(&name, NAMES))
}

impl WorkSpec {
    /// Who sends its requests, from a node and over a connection that is kept alive.
    pub(crate) fn sender<'a>(&self, node: u32, account: Option<&'a str>) -> Sender<'a> {
        let auth = match self.auth {
            AuthKind::App => Auth::App { copy: node },
            AuthKind::ApiToken => Auth::ApiToken,
            AuthKind::Anonymous => Auth::Anonymous,
        };
        Sender { node, account, auth, is_frontend: self.frontend, is_new_connection: false }
    }

    /// How long after the start the first can come.
    #[must_use]
    pub fn begins_after(&self) -> Millis {
        self.begins_after.map_or(Millis::ZERO, Span::get)
    }
}

const fn yes() -> bool {
    true
}

const fn one<const MOST: u32>() -> Whole<1, MOST> {
    Whole::of(1)
}
