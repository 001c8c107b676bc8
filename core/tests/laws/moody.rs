//! A server that refuses at random in every spelling it knows, and watches that nothing comes early.

use crate::world::{Server, response};
use headroom_model::operation::{Answer, Header, Operation, Request};
use headroom_model::points::Template;
use headroom_model::rng::SplitMix64;
use headroom_model::time::{HOUR, Instant, Millis};

/// How a server writes down when to come again.
#[derive(Clone, Copy, Debug)]
enum Spelling {
    RetrySeconds,
    RetryDate,
    RetryIso,
    ResetIso,
    ResetSeconds,
    ResetMillis,
    TriggerReset,
    /// Of the JSON of a rejected invocation.
    Json(usize),
}

const SPELLINGS: [Spelling; 7] = [
    Spelling::RetrySeconds,
    Spelling::RetryDate,
    Spelling::RetryIso,
    Spelling::ResetIso,
    Spelling::ResetSeconds,
    Spelling::ResetMillis,
    Spelling::TriggerReset,
];

const GARBAGE: &[(&str, &str)] = &[
    ("Retry-After", "-5"),
    ("Retry-After", "soon"),
    ("X-RateLimit-Reset", "NaN"),
    ("X-Ratelimit-Reset", "\u{fffd}"),
    ("rateLimitReset", "1e3"),
    ("Beta-Retry-After", "0"),
    ("X-Beta-RateLimit-Reset", "0"),
    ("Date", "yesterday"),
    ("Date", "Thu, 01 Jan 2099 00:00:00 GMT"),
    ("X-RateLimit-Remaining", "-1"),
    ("X-RateLimit-Limit", "99999999999999999999"),
    ("", ""),
    ("é", "\0"),
];

const CONCURRENCY: &str = "jira-max-concurrent-threads-across-all-instances-per-tenant-per-user";

/// Which calls a refusal stops.
#[derive(Clone, Debug, PartialEq)]
pub enum Covers {
    AllRequests,
    Tenant(String),
    /// Tenant, template and method.
    Endpoint(String, Option<Template>, String),
    /// Tenant and issue.
    Issue(String, String),
    Installation(String),
}

impl Covers {
    pub fn does_cover(&self, operation: &Operation) -> bool {
        match (self, operation) {
            (Self::AllRequests, Operation::Rest(_)) => true,
            (Self::Tenant(tenant), Operation::Rest(request)) => *tenant == request.tenant,
            (Self::Endpoint(..), Operation::Rest(request)) => *self == Self::endpoint(request),
            (Self::Issue(..), Operation::Rest(request)) => Some(self) == Self::issue(request).as_ref(),
            (Self::Installation(id), Operation::Invoke(invocation)) => *id == invocation.context.installation,
            _ => false,
        }
    }

    fn endpoint(request: &Request) -> Self {
        let template = Template::of(&request.method, &request.path);
        Self::Endpoint(request.tenant.clone(), template, request.method.to_ascii_uppercase())
    }

    /// Of a write whose path goes on behind `/issue/` with something that has a digit.
    fn issue(request: &Request) -> Option<Self> {
        let issue = request.path.strip_prefix("/rest/api/3/issue/")?.split('/').next()?;
        let is_write = ["post", "put", "patch", "delete"].contains(&request.method.to_ascii_lowercase().as_str());
        let is_one = issue.bytes().any(|byte| byte.is_ascii_digit());
        (is_write && is_one).then(|| Self::Issue(request.tenant.clone(), issue.to_owned()))
    }
}

/// Which call a refusal is about, and the reasons that say so.
pub fn any_limit(request: &Request, rng: &mut SplitMix64) -> (Covers, &'static [&'static str]) {
    let tenant = Covers::Tenant(request.tenant.clone());
    match rng.up_to(3) {
        0 => (Covers::AllRequests, &["confluence-quota-global-based", "conf-global-based", "what-is-this", ""]),
        1 => (tenant, &["confluence-quota-tenant-based", "jira-quota-tenant-based", CONCURRENCY]),
        2 => (Covers::endpoint(request), &["jira-burst-based", "JIRA-BURST-BASED"]),
        _ => (Covers::issue(request).unwrap_or(tenant), &["jira-per-issue-on-write"]),
    }
}

/// Refuses at random, for any credible time, and watches that nothing comes early.
pub struct Moody {
    /// How far the server's clock is ahead of ours; behind it if negative.
    ahead: i64,
    refuse_percent: u64,
    rng: SplitMix64,
    /// Answers on their way: what they promise, by the order in which they were given.
    given: Vec<(Answer, Covers, Instant)>,
    promises: Vec<(Covers, Instant)>,
    pub early: Vec<(Operation, Instant)>,
}

impl Moody {
    pub fn new(ahead: i64, seed: u64) -> Self {
        let (given, promises, early) = Default::default();
        Self { ahead, refuse_percent: 40, rng: SplitMix64::new(seed), given, promises, early }
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.rng.up_to(of.len() as u64 - 1)).unwrap()].clone()
    }

    /// A refusal that promises the instant `end` of our clock, or the delay until then after it was received.
    fn refusal(&mut self, operation: &Operation, now: Instant) -> (Answer, Covers, Promise) {
        let delay = Millis(1_000 + self.rng.up_to(100_000) * if self.rng.up_to(3) == 0 { 12 } else { 1 });
        let server_now = Instant(now.0.saturating_add_signed(self.ahead));
        // What a quota can mean, in whole seconds, as most spellings have it.
        let credible = server_now.next_hour().since(server_now) + Millis(240_000);
        let delay = Millis::from_secs(delay.min(credible).secs_ceil());
        let reset = Instant((server_now + delay).0.next_multiple_of(1_000));
        let promised = Promise::At(Instant(reset.0.saturating_add_signed(-self.ahead)));
        if let Operation::Invoke(invocation) = operation {
            let spelling = Spelling::Json(usize::try_from(self.rng.up_to(4)).unwrap());
            let covers = Covers::Installation(invocation.context.installation.clone());
            return (Answer::Rejected(json(spelling, reset)), covers, promised);
        }
        let Operation::Rest(request) = operation else { unreachable!() };
        let (covers, reasons) = any_limit(request, &mut self.rng);
        let reason = self.pick(reasons);
        let spelling = self.pick(&SPELLINGS);
        let (name, value, promised) = match spelling {
            Spelling::RetrySeconds => ("retry-after", delay.secs_ceil().to_string(), Promise::After(delay)),
            Spelling::RetryDate => ("Retry-After", reset.to_http_date(), promised),
            Spelling::RetryIso => ("RETRY-AFTER", reset.to_string(), promised),
            Spelling::ResetIso => ("X-RateLimit-Reset", reset.to_string(), promised),
            Spelling::ResetSeconds => ("x-ratelimit-reset", (reset.0 / 1_000).to_string(), promised),
            Spelling::ResetMillis => ("X-RateLimit-Reset", reset.0.to_string(), promised),
            Spelling::TriggerReset => ("rateLimitReset", (reset.0 / 1_000).to_string(), promised),
            Spelling::Json(_) => unreachable!(),
        };
        let mut headers = vec![Header::new(name, value), Header::new("RateLimit-Reason", reason)];
        if self.ahead != 0 {
            headers.push(Header::new("Date", server_now.to_http_date()));
        }
        for _ in 0..self.rng.up_to(4) {
            let (name, value) = self.pick(GARBAGE);
            // A wrong clock is told apart only where it is wrong beyond belief; two that disagree are not.
            let place = usize::try_from(self.rng.up_to(headers.len() as u64)).unwrap();
            if self.ahead == 0 || !value.contains("2099") {
                headers.insert(place, Header::new(name, value));
            }
        }
        (response(429, headers), covers, promised)
    }
}

enum Promise {
    At(Instant),
    After(Millis),
}

fn json(spelling: Spelling, reset: Instant) -> String {
    let (ms, secs, iso) = (reset.0, reset.0 / 1_000, reset.to_string());
    match spelling {
        Spelling::Json(0) => format!(r#"{{"status":429,"rateLimitProperties":{{"rateLimitReset":{ms}}}}}"#),
        Spelling::Json(1) => {
            format!(r#"{{"statusCode":"429","limitHeaders":{{"rateLimitReset":"{secs}","rateLimitValue":"x"}}}}"#)
        }
        Spelling::Json(2) => {
            format!(r#"{{"error":{{"status":429,"metadata":{{"rateLimitProperties":{{"rateLimitReset":{secs}}}}}}}}}"#)
        }
        Spelling::Json(3) => {
            format!(r#"{{"status":"no","statusCode":429,"error":{{"limitHeaders":{{"X-Ratelimit-Reset":"{iso}"}}}}}}"#)
        }
        _ => format!(r#"{{"status":429,"rateLimitProperties":{{"rateLimitReset":"?","X-RateLimit-Reset":{ms}}}}}"#),
    }
}

impl Server for Moody {
    fn answer(&mut self, operation: &Operation, now: Instant) -> Answer {
        if self.rng.up_to(99) >= self.refuse_percent {
            return match operation {
                Operation::Rest(_) => response(200, vec![]),
                Operation::Invoke(_) => Answer::Resolved("1".into()),
            };
        }
        let (answer, covers, promise) = self.refusal(operation, now);
        let promised = match promise {
            Promise::At(instant) => instant,
            // Counted from its receipt, which is not before now; `on_received` moves it there.
            Promise::After(delay) => Instant(u64::MAX - delay.0),
        };
        self.given.push((answer.clone(), covers, promised));
        answer
    }

    fn on_sent(&mut self, operation: &Operation, now: Instant) {
        if self.promises.iter().any(|(covers, until)| covers.does_cover(operation) && now < *until) {
            self.early.push((operation.clone(), now));
        }
    }

    fn on_received(&mut self, answer: &Answer, now: Instant) {
        let Some(at) = self.given.iter().position(|(given, ..)| given == answer) else { return };
        let (_, covers, promised) = self.given.remove(at);
        let after = u64::MAX - promised.0;
        let until = if after < HOUR.0 * 24 { now + Millis(after) } else { promised };
        self.promises.push((covers, until));
    }
}
