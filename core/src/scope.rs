//! What a limit counts together, by name: one that owns its names, and one that borrows them.

use headroom_model::operation::Method;
use headroom_model::points::Template;

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
    /// The invocations in this environment.
    Environment(String),
    /// One call alone: its own backoff.
    Call,
}

/// A [`Scope`] that borrows its names: asking for one allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ScopeRef<'a> {
    App,
    Tenant(&'a str),
    Endpoint { tenant: &'a str, template: Option<Template>, method: Method },
    Issue { tenant: &'a str, issue: &'a str },
    Installation(&'a str),
    User { installation: &'a str, account: &'a str },
    Environment(&'a str),
    Call,
}

impl Scope {
    pub(crate) fn borrowed(&self) -> ScopeRef<'_> {
        match self {
            Self::App => ScopeRef::App,
            Self::Tenant(tenant) => ScopeRef::Tenant(tenant),
            Self::Endpoint { tenant, template, method } => {
                ScopeRef::Endpoint { tenant, template: *template, method: *method }
            }
            Self::Issue { tenant, issue } => ScopeRef::Issue { tenant, issue },
            Self::Installation(installation) => ScopeRef::Installation(installation),
            Self::User { installation, account } => ScopeRef::User { installation, account },
            Self::Environment(environment) => ScopeRef::Environment(environment),
            Self::Call => ScopeRef::Call,
        }
    }
}

impl ScopeRef<'_> {
    pub(crate) fn owned(self) -> Scope {
        match self {
            Self::App => Scope::App,
            Self::Tenant(tenant) => Scope::Tenant(tenant.to_owned()),
            Self::Endpoint { tenant, template, method } => {
                Scope::Endpoint { tenant: tenant.to_owned(), template, method }
            }
            Self::Issue { tenant, issue } => Scope::Issue { tenant: tenant.to_owned(), issue: issue.to_owned() },
            Self::Installation(installation) => Scope::Installation(installation.to_owned()),
            Self::User { installation, account } => {
                Scope::User { installation: installation.to_owned(), account: account.to_owned() }
            }
            Self::Environment(environment) => Scope::Environment(environment.to_owned()),
            Self::Call => Scope::Call,
        }
    }
}
