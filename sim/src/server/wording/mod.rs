//! How the server says it: heads in both dialects, bodies by product, errors of rejected invocations.
//!
//! | who | says |
//! | --- | --- |
//! | [`head`] | `X-RateLimit-*`, `RateLimit-Policy`, `RateLimit`, and the same as `Beta-` fields |
//! | [`forge`] | invocations, web triggers, the bridge |
//! | [`others`] | tunnel, proxy, gateway, storage, Bitbucket, GitHub, Data Center |

mod forge;
mod head;
mod others;
mod shape;

pub(super) use head::{Bucketed, Told};

use super::arrival::{Facts, Target};
use super::counter::NEVER;
use super::graphql;
use super::spec::{Dialect, Product, QuotaScope, RequestsSpec, RetryAfterShape, ServerSpec};
use super::verdict::{Limit, Scope};
use head::{Head, Said};
use headroom_model::operation::{Answer, Header, Operation, Response, Trigger};
use headroom_model::refusal::{CONFLUENCE_GLOBAL, TOO_MANY_REQUESTS};
use headroom_model::time::{Instant, Millis};

/// Why an arrival is refused.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) limit: Limit,
    pub(super) scope: Scope,
    pub(super) until: Instant,
    /// The counter that refused.
    pub(super) counter: Option<Bucketed>,
}

/// How one server speaks.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    product: Product,
    dialect: Dialect,
    requests: RequestsSpec,
    tells_left: bool,
    retry_after: RetryAfterShape,
    lowercase_names: bool,
    head: Head,
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";
const HTML: &str = "text/html";

impl Voice {
    pub(super) fn new(spec: &ServerSpec) -> Self {
        let ServerSpec { product, headers: dialect, invocations, switches, requests, .. } = spec;
        Self {
            product: *product,
            dialect: *dialect,
            requests: requests.clone().unwrap_or_default(),
            tells_left: invocations.as_ref().is_some_and(|invocations| invocations.tells_left),
            retry_after: switches.retry_after,
            lowercase_names: switches.lowercase_names,
            head: Head::new(spec),
        }
    }

    /// What an admitted call is told.
    pub(super) fn admitted(&mut self, facts: &Facts<'_>, told: &Told) -> Answer {
        let answer = self.success(facts, told);
        self.cased(answer)
    }

    /// What a refused call is told, and the instant that this names; now, if it names none.
    pub(super) fn refused(&mut self, facts: &Facts<'_>, told: &Told, refusal: &Refusal) -> (Answer, Instant) {
        let (answer, promised) = self.refusal(facts, told, refusal);
        (self.cased(answer), promised)
    }

    fn cased(&self, mut answer: Answer) -> Answer {
        if let Answer::Response(response) = &mut answer
            && self.lowercase_names
        {
            response.headers.iter_mut().for_each(|header| header.name.make_ascii_lowercase());
        }
        answer
    }

    fn success(&mut self, facts: &Facts<'_>, told: &Told) -> Answer {
        let Some(request) = facts.request() else { return self.resolved(facts, told) };
        let body = match facts.target {
            Target::Graphql => {
                let nodes = facts.price.body("");
                let nodes = if nodes.starts_with(b"[") { nodes } else { [b"[".as_slice(), &nodes, b"]"].concat() };
                graphql::answered(&nodes, facts.price.points, told.pool.as_ref())
            }
            _ => facts.price.body(&request.path),
        };
        let head = match (self.product, facts.target) {
            (_, Target::Storage | Target::Elsewhere | Target::Function) => self.head.plain(told.now, JSON),
            (Product::Bitbucket, _) => self.head.plain(told.now, JSON),
            (Product::Github, _) => others::github(self.head.plain(told.now, JSON), told),
            (Product::DataCenter, _) => others::data_center(self.head.plain(told.now, JSON), told, &self.requests, 0),
            (Product::Confluence | Product::Jira, _) => self.head.write(told, JSON, &Said::default()),
        };
        Answer::Response(Response { status: 200, headers: head, body })
    }

    fn refusal(&mut self, facts: &Facts<'_>, told: &Told, refusal: &Refusal) -> (Answer, Instant) {
        let now = told.now;
        let plain = |this: &mut Self, kind, extra: Option<Header>, body: &str| {
            let mut headers = this.head.plain(now, kind);
            headers.extend(extra);
            (response(TOO_MANY_REQUESTS, headers, body), now)
        };
        match refusal.limit {
            Limit::TunnelConnections => {
                let extra = Header::new("Ngrok-Error-Code", others::NGROK_ERROR);
                plain(self, TEXT, Some(extra), &others::tunnel_text(refusal))
            }
            Limit::Bridge => (Answer::Rejected(forge::BRIDGE.to_owned()), now),
            Limit::Egress => plain(self, JSON, Some(Header::new("forge-proxy-error", others::EGRESS)), "{}"),
            Limit::ForgeProxy => plain(self, JSON, Some(Header::new("forge-proxy-error", others::PROXY)), "{}"),
            Limit::Gateway => {
                plain(self, HTML, Some(Header::new("X-Failure-Category", others::CATEGORY)), others::GATEWAY_PAGE)
            }
            Limit::StorageRate => plain(self, JSON, None, others::STORAGE),
            Limit::InvocationRate => self.rejected(facts, told, refusal),
            Limit::MaxCost if facts.target == Target::Graphql => self.graphql(facts, told, None),
            Limit::MaxCost => {
                let headers = self.head.plain(now, JSON);
                (response(400, headers, others::TOO_COSTLY), now)
            }
            Limit::HourlyRequests if self.product == Product::Github => {
                let headers = others::github(self.head.plain(now, JSON), told);
                (response(TOO_MANY_REQUESTS, headers, others::GITHUB), others::whole_second(refusal.until))
            }
            Limit::HourlyRequests => plain(self, TEXT, None, others::BITBUCKET),
            _ => self.delayed(facts, told, refusal),
        }
    }

    /// A refusal that names a delay: in whole seconds, rounded up and at least one, unless a switch says otherwise.
    fn delayed(&mut self, facts: &Facts<'_>, told: &Told, refusal: &Refusal) -> (Answer, Instant) {
        // Of what it will never admit, a server names its reset all the same.
        let reset = told.pool.map_or(told.now.next_hour(), |pool| pool.reset);
        let until = if refusal.until == NEVER { reset } else { refusal.until };
        let delay = Millis::from_secs(until.since(told.now).secs_ceil().max(1));
        if facts.target == Target::Graphql {
            return (self.graphql(facts, told, Some(delay)).0, told.now + delay);
        }
        if self.product == Product::DataCenter {
            let headers = self.head.plain(told.now, JSON);
            let headers = others::data_center(headers, told, &self.requests, delay.secs_ceil());
            return (response(TOO_MANY_REQUESTS, headers, others::DATA_CENTER), told.now + delay);
        }
        let (retry_after, named) = shape::retry_after(self.retry_after, until, told.now);
        let is_reset = refusal.limit == Limit::PointsQuota && reset >= until && self.head.tells_reset();
        let promised = named.or(is_reset.then_some(reset)).unwrap_or(told.now);
        let said = Said {
            is_refusal: true,
            reason: self.reason(refusal),
            retry_after,
            wall: refusal.counter.filter(|_| refusal.limit == Limit::TokenCost),
            burst: (refusal.limit == Limit::Burst).then_some(self.burst_policy()),
        };
        let (kind, body) = match self.product {
            Product::Confluence => (JSON, r#"{"message":"Rate limit exceeded."}"#),
            _ => (TEXT, "Rate limit exceeded."),
        };
        (response(TOO_MANY_REQUESTS, self.head.write(told, kind, &said), body), promised)
    }

    /// Within HTTP 200. Without a delay it is for ever.
    fn graphql(&mut self, facts: &Facts<'_>, told: &Told, delay: Option<Millis>) -> (Answer, Instant) {
        let body = graphql::refused(facts.price.points, told.pool.as_ref(), delay);
        (Answer::Response(Response { status: 200, headers: self.head.plain(told.now, JSON), body }), told.now)
    }

    /// Sources: Confluence's page of 2025-12-12 lists reasons for its quotas only, Jira's of 2026-03-05 four; the ones of
    /// cost and concurrency were seen in the field. Those of a user's share and, in the structured dialect, of
    /// Confluence's burst are ours: the set is open, and a client must read what it does not know with care.
    fn reason(&self, refusal: &Refusal) -> Option<&'static str> {
        let is_jira = self.product == Product::Jira;
        Some(match (refusal.limit, &refusal.scope) {
            (Limit::PointsQuota, Scope::App) => quota_reason(self.product, QuotaScope::Global),
            (Limit::PointsQuota, _) => quota_reason(self.product, QuotaScope::Tenant),
            (Limit::UserQuota, _) if is_jira => "jira-quota-user-based",
            (Limit::UserQuota, _) => "confluence-quota-user-based",
            (Limit::TokenCost, _) => "jira-cost-based",
            (Limit::IssueWrites, _) => "jira-per-issue-on-write",
            (Limit::Concurrency, _) => "jira-max-concurrent-threads-across-all-instances-per-tenant-per-user",
            (Limit::Burst, _) if is_jira || self.dialect.is_structured() => self.burst_policy(),
            _ => return None,
        })
    }

    const fn burst_policy(&self) -> &'static str {
        match self.product {
            Product::Jira => "jira-burst-based",
            _ => "confluence-burst-based",
        }
    }

    fn resolved(&mut self, facts: &Facts<'_>, told: &Told) -> Answer {
        let window = told.invocations.filter(|_| self.tells_left);
        if is_web_trigger(facts) {
            let mut headers = self.head.plain(told.now, JSON);
            window.iter().for_each(|window| forge::web_trigger_left(&mut headers, self.dialect, window));
            return response(200, headers, r#"{"ok":true}"#);
        }
        Answer::Resolved(window.map_or_else(|| r#"{"ok":true}"#.to_owned(), |window| forge::resolved(&window)))
    }

    fn rejected(&mut self, facts: &Facts<'_>, told: &Told, refusal: &Refusal) -> (Answer, Instant) {
        let limit = refusal.counter.map_or(0, |counter| counter.limit);
        if is_web_trigger(facts) {
            let mut headers = self.head.plain(told.now, JSON);
            let promised = forge::web_trigger(&mut headers, self.dialect, limit, refusal.until);
            return (response(TOO_MANY_REQUESTS, headers, r#"{"message":"Rate limit exceeded."}"#), promised);
        }
        let (error, promised) = forge::rejected(self.dialect, limit, refusal.until);
        (Answer::Rejected(error), promised)
    }

    /// 404 in either form: what was asked is none of this server's operations.
    pub(super) fn not_found(&mut self, operation: &Operation, now: Instant) -> Answer {
        let body = r#"{"status":404,"message":"No such operation."}"#;
        match operation {
            Operation::Rest(_) => response(404, self.head.plain(now, JSON), body),
            Operation::Invoke(_) => Answer::Rejected(body.to_owned()),
        }
    }
}

fn is_web_trigger(facts: &Facts<'_>) -> bool {
    facts.context().is_some_and(|context| context.trigger == Trigger::WebTrigger)
}

fn response(status: u16, headers: Vec<Header>, body: &str) -> Answer {
    Answer::Response(Response { status, headers, body: body.as_bytes().to_vec() })
}

/// The policy's name of a quota. Source: Jira's page of 2026-03-05.
const fn quota_policy(scope: QuotaScope) -> &'static str {
    match scope {
        QuotaScope::Global => "global-app-quota",
        QuotaScope::Tenant => "tenant-app-quota",
    }
}

/// Sources: Confluence's page of 2025-12-12, Jira's of 2026-03-05.
const fn quota_reason(product: Product, scope: QuotaScope) -> &'static str {
    match (product, scope) {
        (Product::Jira, QuotaScope::Global) => "jira-quota-global-based",
        (Product::Jira, QuotaScope::Tenant) => "jira-quota-tenant-based",
        (_, QuotaScope::Global) => CONFLUENCE_GLOBAL,
        (_, QuotaScope::Tenant) => "confluence-quota-tenant-based",
    }
}
