//! The vocabulary of a refusal: who answered, which limit, whose; and what the reasons mean.

use std::fmt;

/// Declares an enum whose cases have a name as printed.
macro_rules! named {
    ($(#[$outer:meta])* $type:ident { $($(#[$inner:meta])* $case:ident = $name:literal,)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $type { $($(#[$inner])* $case,)* }

        impl $type {
            /// The name as `headroom explain` prints it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$case => $name,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named! {
    /// Who answered.
    Origin {
        /// Confluence Cloud's REST API.
        Confluence = "confluence",
        /// Jira Cloud's REST API.
        Jira = "jira",
        /// Atlassian's GraphQL API.
        AtlassianGraphql = "atlassian-graphql",
        /// The gateway before all products.
        AtlassianGateway = "atlassian-gateway",
        /// The Forge platform: a function was called, by the bridge for instance.
        ForgeInvocation = "forge-invocation",
        /// The Forge platform: a web trigger was called.
        ForgeWebTrigger = "forge-web-trigger",
        /// The proxy through which Forge functions reach the network.
        ForgeProxy = "forge-proxy",
        /// Forge's key-value store.
        ForgeStorage = "forge-storage",
        /// A product on the customer's own machines.
        DataCenter = "data-center",
        /// Bitbucket Cloud.
        Bitbucket = "bitbucket",
        /// GitHub.
        Github = "github",
        /// The tunnel to a developer's machine.
        Ngrok = "ngrok",
        /// The answer does not tell.
        Unknown = "unknown",
    }
}

named! {
    /// Which kind of limit refused.
    Limiter {
        /// The hourly points.
        PointsQuota = "points-quota",
        /// Requests within seconds.
        Burst = "burst",
        /// Writes to one issue.
        PerIssueWrite = "per-issue-write",
        /// The cost of API-token traffic within an hour.
        Cost = "cost",
        /// Requests at the same time.
        Concurrency = "concurrency",
        /// Invocations of Forge functions within a second or minute.
        InvocationRate = "invocation-rate",
        /// Requests of a Forge function to the network.
        Egress = "egress",
        /// Operations of Forge's storage.
        StorageRate = "storage-rate",
        /// A token bucket, as Data Center has it.
        TokenBucket = "token-bucket",
        /// Connections through a tunnel within a minute.
        TunnelConnections = "tunnel-connections",
        /// Requests within an hour.
        HourlyRequests = "hourly-requests",
        /// The gateway's own, of which nothing is published.
        Gateway = "gateway",
        /// The answer does not tell.
        Unknown = "unknown",
    }
}

named! {
    /// What a limit counts together.
    Scope {
        /// All of the app's traffic.
        App = "app",
        /// The traffic on one tenant.
        Tenant = "tenant",
        /// One tenant, one path template, one method.
        Endpoint = "endpoint",
        /// One issue.
        Issue = "issue",
        /// One installation of a Forge app.
        Installation = "installation",
        /// One user.
        User = "user",
        /// One account, over all its clients.
        Account = "account",
        /// One session of a tunnel.
        Tunnel = "tunnel",
        /// The answer does not tell.
        Unknown = "unknown",
    }
}

impl Origin {
    /// Whether it speaks GraphQL, as far as an address tells.
    #[must_use]
    pub const fn is_graphql(self) -> bool {
        matches!(self, Self::AtlassianGraphql | Self::Github | Self::Unknown)
    }
}

/// What a `RateLimit-Reason`, or the name of a structured policy, means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Who says so.
    pub origin: Origin,
    /// Which kind of limit it names.
    pub limiter: Limiter,
    /// What that limit counts together.
    pub scope: Scope,
}

/// The reason that Confluence gives for its global pool.
pub const CONFLUENCE_GLOBAL: &str = "confluence-quota-global-based";

const fn reason(origin: Origin, limiter: Limiter, scope: Scope) -> Reason {
    Reason { origin, limiter, scope }
}

/// Sources: Confluence rate limiting page of 2025-12-12 for its two; Jira's rate limiting page of 2026-03-05 for its
/// four and for the names of policies; the others were seen in public threads of developers, read 2026-11. The set is
/// open.
const REASONS: &[(&str, Reason)] = {
    use Limiter::{Burst, Concurrency, Cost, PerIssueWrite, PointsQuota};
    use Origin::{Confluence, Jira};
    use Scope::{Account, App, Endpoint, Issue, Tenant, User};
    &[
        (CONFLUENCE_GLOBAL, reason(Confluence, PointsQuota, App)),
        ("confluence-quota-tenant-based", reason(Confluence, PointsQuota, Tenant)),
        ("jira-quota-global-based", reason(Jira, PointsQuota, App)),
        ("jira-quota-tenant-based", reason(Jira, PointsQuota, Tenant)),
        ("jira-burst-based", reason(Jira, Burst, Endpoint)),
        ("jira-per-issue-on-write", reason(Jira, PerIssueWrite, Issue)),
        ("conf-global-based", reason(Confluence, PointsQuota, App)),
        ("jira-quota-based", reason(Jira, PointsQuota, Scope::Unknown)),
        ("jira-cost-based", reason(Jira, Cost, Account)),
        ("jira-max-concurrent-threads-across-all-instances-per-tenant-per-user", reason(Jira, Concurrency, User)),
        ("global-app-quota", reason(Origin::Unknown, PointsQuota, App)),
        ("tenant-app-quota", reason(Origin::Unknown, PointsQuota, Tenant)),
    ]
};

impl Reason {
    /// What this name means, in any case. Of an unknown one its prefix tells at most who gave it.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let known = REASONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.trim()));
        known.map_or_else(|| reason(Self::product(name), Limiter::Unknown, Scope::Unknown), |(_, reason)| *reason)
    }

    fn product(name: &str) -> Origin {
        let starts = |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        match () {
            () if starts("confluence-") || starts("conf-") => Origin::Confluence,
            () if starts("jira-") => Origin::Jira,
            () => Origin::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_reason_tells_its_product_and_no_more() {
        let product = |name| (Reason::of(name).origin, Reason::of(name).limiter);
        assert_eq!(product("Jira-Something-New"), (Origin::Jira, Limiter::Unknown));
        assert_eq!(product("CONF-x"), (Origin::Confluence, Limiter::Unknown));
        assert_eq!(product("ji"), (Origin::Unknown, Limiter::Unknown));
        assert_eq!(product(" JIRA-BURST-BASED "), (Origin::Jira, Limiter::Burst));
    }

    #[test]
    fn no_reason_stands_twice() {
        for (at, (name, _)) in REASONS.iter().enumerate() {
            assert!(REASONS[..at].iter().all(|(other, _)| other != name), "{name}");
        }
    }
}
