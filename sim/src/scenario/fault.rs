//! `[[fault]]`: what goes wrong between client and server.

use super::work::Offset;
use crate::value::{Span, Whole};
use serde::Deserialize;
use toml::Spanned;

/// A rule: which calls it meets, and what then happens to them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// Its name, for the trace.
    pub name: Spanned<String>,
    /// Which calls; without it all.
    #[serde(default)]
    pub on: OnSpec,
    /// What happens to them.
    pub then: Then,
}

/// Which calls a fault meets; what is not named does not matter.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnSpec {
    /// Calls of this work.
    pub work: Option<Spanned<String>>,
    /// Calls on this tenant.
    pub tenant: Option<String>,
    /// Calls of this node, the first being 0.
    pub node: Option<Whole<0, 1_000_000>>,
    /// Requests of this method.
    pub method: Option<MethodName>,
    /// From this long after the start on.
    pub after: Option<Offset>,
    /// Until this long after the start.
    pub before: Option<Offset>,
    /// Every n-th of them exactly.
    pub every: Option<Whole<1, 1_000_000>>,
    /// By chance, so many of 1,000.
    pub per_mille: Option<Whole<0, 1_000>>,
}

/// An HTTP method in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names say it")]
pub enum MethodName {
    Get,
    Head,
    Options,
    Post,
    Put,
    Patch,
    Delete,
}

impl MethodName {
    /// As HTTP writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Then {
    /// Something before the server refuses it.
    Refuse {
        /// The status.
        #[serde(default = "too_many")]
        status: Whole<400, 599>,
        /// Header fields.
        #[serde(default)]
        headers: Vec<HeaderSpec>,
        /// The body.
        #[serde(default)]
        body: String,
    },
    /// An error of the server before it counted anything.
    Status {
        /// The status.
        code: Whole<400, 599>,
        /// What it says in `Retry-After`, in whole seconds; none: nothing.
        retry_after: Option<Span<0, 86_400_000>>,
    },
    /// It never reaches the server, and the connection breaks.
    Drop,
    /// The server does it, and the connection breaks before the answer is through.
    ResetAfterCounted,
    /// The server gets it twice; the first answer counts.
    Duplicate,
    /// The answer comes this much later.
    Delay(Span<1, 3_600_000>),
    /// The answer comes up to this much later, by chance, so that answers overtake each other.
    Reorder(Span<1, 3_600_000>),
    /// A header field of the answer is changed.
    Header {
        /// Its name in any case.
        name: String,
        /// What it says instead; none: it is taken away.
        set: Option<String>,
    },
    /// The answer's `Date` is wrong.
    DateOff {
        /// By how much.
        by: Span<0, 86_400_000>,
        /// Too early instead of too late.
        #[serde(default)]
        back: bool,
    },
}

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderSpec {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

const fn too_many() -> Whole<400, 599> {
    Whole::of(429)
}
