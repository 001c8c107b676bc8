//! What the server did with an operation: admitted, or refused by which limit, for whom and until when.

use super::arrival::{Arrival, STORAGE_PATH};
use headroom_model::operation::{Answer, Invocation, Method, Operation, Request};
use headroom_model::points::{Route, Template};
use headroom_model::time::Instant;
use std::fmt;

/// Which kind of limit refused. Where several do, the first of this order is named: the nearer to the client, the
/// earlier, and the quota before the burst, for it is the longer wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// New connections through a tunnel.
    TunnelConnections,
    /// Calls through the bridge in a browser.
    Bridge,
    /// Requests of Forge functions to other hosts.
    Egress,
    /// The proxy of Forge, for reasons of its own.
    ForgeProxy,
    /// The gateway before the product, for reasons of its own.
    Gateway,
    /// The most that one request may cost. What it refuses it refuses for ever.
    MaxCost,
    /// The hourly points quota.
    PointsQuota,
    /// The share of one user in the points quota: a proposal, see [`super::spec::QuotaSpec::per_user_cap`].
    UserQuota,
    /// The hourly cost of API-token traffic.
    TokenCost,
    /// Writes to one issue.
    IssueWrites,
    /// Requests at the same time.
    Concurrency,
    /// The burst limit on REST requests.
    Burst,
    /// A rate of Forge invocations.
    InvocationRate,
    /// Requests in an hour, of Bitbucket and GitHub.
    HourlyRequests,
    /// The token bucket of Data Center.
    TokenBucket,
    /// Requests to Forge's storage.
    StorageRate,
}

impl Limit {
    /// The name in reports and traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TunnelConnections => "tunnel-connections",
            Self::Bridge => "bridge",
            Self::Egress => "egress",
            Self::ForgeProxy => "forge-proxy",
            Self::Gateway => "gateway",
            Self::MaxCost => "max-cost",
            Self::PointsQuota => "points-quota",
            Self::UserQuota => "user-quota",
            Self::TokenCost => "token-cost",
            Self::IssueWrites => "issue-writes",
            Self::Concurrency => "concurrency",
            Self::Burst => "burst",
            Self::InvocationRate => "invocation-rate",
            Self::HourlyRequests => "hourly-requests",
            Self::TokenBucket => "token-bucket",
            Self::StorageRate => "storage-rate",
        }
    }
}

/// What a limit counts together, and so what a refusal stops.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All REST traffic of the app, with all its copies.
    App,
    /// REST traffic of one tenant.
    Tenant(String),
    /// One path template and method of a tenant.
    Endpoint {
        /// The tenant.
        tenant: String,
        /// The method.
        method: Method,
        /// The template; none for a path that none names.
        template: Option<Template>,
    },
    /// Writes to one issue.
    Issue {
        /// The tenant.
        tenant: String,
        /// Its key or id, as it stands in the path.
        issue: String,
    },
    /// REST traffic of one account; without a login, of one node's address.
    Account(String),
    /// Invocations in one installation.
    Installation(String),
    /// Invocations of one user in one installation.
    User {
        /// The installation's id.
        installation: String,
        /// The user's account id.
        account: String,
    },
    /// Invocations in one environment.
    Environment(String),
    /// The session of the tunnel.
    Tunnel,
}

impl Scope {
    /// Every scope that an operation falls under, as far as it tells by itself.
    #[must_use]
    pub fn of(operation: &Operation) -> Vec<Self> {
        match operation {
            Operation::Rest(request) if request.path.starts_with(STORAGE_PATH) => {
                vec![Self::Installation(request.tenant.clone())]
            }
            Operation::Rest(request) => {
                let mut scopes = vec![Self::App, Self::Tenant(request.tenant.clone()), Self::endpoint(request)];
                scopes.extend(Self::issue(request));
                scopes
            }
            Operation::Invoke(Invocation { context, .. }) => {
                let mut scopes = vec![
                    Self::Installation(context.installation.clone()),
                    Self::Environment(context.environment.clone()),
                ];
                if let Some(account) = context.account.clone() {
                    scopes.push(Self::User { installation: context.installation.clone(), account });
                }
                scopes
            }
        }
    }

    /// Every scope that an arrival falls under: those of its operation, its account's, and the tunnel if it opens a
    /// connection.
    #[must_use]
    pub fn of_arrival(arrival: &Arrival<'_>) -> Vec<Self> {
        let mut scopes = Self::of(arrival.operation);
        if matches!(arrival.operation, Operation::Rest(_)) {
            scopes.push(Self::account(arrival));
        }
        if arrival.sender.is_new_connection {
            scopes.push(Self::Tunnel);
        }
        scopes
    }

    pub(super) fn endpoint(request: &Request) -> Self {
        let template = Template::of(&request.method, &request.path);
        Self::Endpoint { tenant: request.tenant.clone(), method: Method::of(&request.method), template }
    }

    /// None unless it writes to one issue.
    pub(super) fn issue(request: &Request) -> Option<Self> {
        let is_write = Method::of(&request.method).is_write();
        let issue = Route::of(&request.method, &request.path).issue.filter(|_| is_write)?;
        Some(Self::Issue { tenant: request.tenant.clone(), issue: issue.to_owned() })
    }

    pub(super) fn account(arrival: &Arrival<'_>) -> Self {
        let node = || format!("node-{}", arrival.sender.node);
        Self::Account(arrival.sender.account.map_or_else(node, str::to_owned))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App => write!(f, "app"),
            Self::Tenant(tenant) => write!(f, "tenant:{tenant}"),
            Self::Endpoint { tenant, method, template } => {
                let path = template.map_or_else(|| "*".to_owned(), Template::text);
                write!(f, "endpoint:{tenant}/{}{path}", method.name())
            }
            Self::Issue { tenant, issue } => write!(f, "issue:{tenant}/{issue}"),
            Self::Account(account) => write!(f, "account:{account}"),
            Self::Installation(installation) => write!(f, "installation:{installation}"),
            Self::User { installation, account } => write!(f, "user:{installation}/{account}"),
            Self::Environment(environment) => write!(f, "environment:{environment}"),
            Self::Tunnel => write!(f, "tunnel"),
        }
    }
}

/// What the server did with an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was done, for so many points.
    Admitted {
        /// Points charged; 0 where none are counted.
        points: u32,
    },
    /// A limit refused it, and nothing was charged unless a switch says so.
    Refused(Refused),
    /// This server has no such operation: an error in the simulation's client, not a limit.
    NotFound,
}

/// The truth about a refusal, and what the client was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The kind of limit.
    pub limit: Limit,
    /// What it stops.
    pub scope: Scope,
    /// The first instant at which the operation is admitted, if nothing else comes; [`super::counter::NEVER`] if it is
    /// more than there ever is. Now, where it hangs on chance or on others.
    pub until: Instant,
    /// The instant that the answer names: never before `until`, later by less than a second where it names whole
    /// seconds. Now, where it names none.
    pub promised: Instant,
}

/// A server's decision on one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What the client is told.
    pub answer: Answer,
    /// What happened.
    pub verdict: Verdict,
    /// Points, or invocations of the fullest window, that are left; none where nothing is counted.
    pub left: Option<u32>,
    /// What it holds until it is done, if requests at the same time are counted: to be given to
    /// [`super::Server::release`].
    pub holds: Option<Slot>,
}

/// A place among the requests at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(pub(super) (u32, u32));
