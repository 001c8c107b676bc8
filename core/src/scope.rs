//! What a limit counts together, by name.

use headroom_model::operation::Method;
use headroom_model::points::Template;
use std::fmt;

/// What a limit counts together. A pause covers exactly this.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All REST traffic of the app.
    App,
    /// The app's REST traffic on this tenant.
    Tenant(String),
    /// The requests of one path template with one method on this tenant.
    Endpoint {
        /// The tenant.
        tenant: String,
        /// The template; none: all paths whose template is not known share one scope.
        template: Option<Template>,
        /// The method.
        method: Method,
    },
    /// The writes to this Jira issue of a tenant.
    Issue {
        /// The tenant.
        tenant: String,
        /// Key or id as it stands in the path. The two are not known to be one issue.
        issue: String,
    },
    /// The invocations in this installation.
    Installation(String),
    /// The invocations of this user in an installation.
    User {
        /// The installation's id.
        installation: String,
        /// The account id.
        account: String,
    },
    /// The requests for this user of a tenant.
    Account {
        /// The tenant.
        tenant: String,
        /// The account id.
        account: String,
    },
    /// The invocations in this environment.
    Environment(String),
    /// One call alone: its own backoff.
    Call,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App => f.write_str("the app"),
            Self::Tenant(tenant) => write!(f, "tenant `{tenant}`"),
            Self::Endpoint { tenant, template: Some(template), method } => {
                write!(f, "`{} {}` on tenant `{tenant}`", method.name(), template.text())
            }
            Self::Endpoint { tenant, template: None, method } => {
                write!(f, "`{}` to any other path on tenant `{tenant}`", method.name())
            }
            Self::Issue { tenant, issue } => write!(f, "issue `{issue}` on tenant `{tenant}`"),
            Self::Installation(installation) => write!(f, "installation `{installation}`"),
            Self::User { installation, account } => write!(f, "user `{account}` in installation `{installation}`"),
            Self::Account { tenant, account } => write!(f, "user `{account}` of tenant `{tenant}`"),
            Self::Environment(environment) => write!(f, "environment `{environment}`"),
            Self::Call => f.write_str("this call"),
        }
    }
}

/// One scope within another, by the names that it has there: owned, borrowed, or `()` for its kind alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<N> {
    /// The root of everything.
    App,
    Tenant(N),
    /// Within a tenant.
    Endpoint(Option<Template>, Method),
    /// Within a tenant.
    Issue(N),
    /// Within a tenant.
    Account(N),
    Installation(N),
    /// Within an installation.
    User(N),
    Environment(N),
}

impl Part<()> {
    /// A number of its own: hashed at once, where each part of an endpoint would take its turn.
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::App => 0,
            Self::Tenant(()) => 1,
            Self::Issue(()) => 2,
            Self::Account(()) => 3,
            Self::Installation(()) => 4,
            Self::User(()) => 5,
            Self::Environment(()) => 6,
            Self::Endpoint(template, method) => {
                let template = template.map_or(0, |template| u32::from(template.number()) + 1);
                8 + method as u32 + 16 * template
            }
        }
    }
}

impl<N> Part<N> {
    pub(crate) fn map<'a, M>(&'a self, name: impl FnOnce(&'a N) -> M) -> Part<M> {
        match self {
            Self::App => Part::App,
            Self::Tenant(tenant) => Part::Tenant(name(tenant)),
            Self::Endpoint(template, method) => Part::Endpoint(*template, *method),
            Self::Issue(issue) => Part::Issue(name(issue)),
            Self::Account(account) => Part::Account(name(account)),
            Self::Installation(installation) => Part::Installation(name(installation)),
            Self::User(account) => Part::User(name(account)),
            Self::Environment(environment) => Part::Environment(name(environment)),
        }
    }

    pub(crate) const fn name(&self) -> Option<&N> {
        match self {
            Self::App | Self::Endpoint(..) => None,
            Self::Tenant(name) | Self::Issue(name) | Self::Account(name) => Some(name),
            Self::Installation(name) | Self::User(name) | Self::Environment(name) => Some(name),
        }
    }
}
