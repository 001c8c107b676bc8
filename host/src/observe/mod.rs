//! What a [`Limiter`](crate::Limiter) tells of its calls: spans by `tracing`, figures by `metrics`. Each is a feature of its
//! own; one that is off is not compiled, one that is on and has no listener neither formats nor allocates.
//!
//! # Spans
//!
//! Target `headroom`, level INFO. Names are those of OpenTelemetry's semantic conventions for HTTP clients (1.27); what
//! they have no name for begins with `headroom.`. `otel.name` and `otel.kind` are for the bridge `tracing-opentelemetry`.
//!
//! | span | stands for | fields |
//! | --- | --- | --- |
//! | `headroom.call` | a call with all its waits and attempts | `http.request.method`, `url.template`, `headroom.tenant`, or `faas.invoked_name`; `headroom.ending` (`dropped` besides those of the WIT), `headroom.attempts`, `error.type` |
//! | `headroom.attempt` | one attempt, in its call | the same of the operation; `server.address`, `http.response.status_code`, `http.request.resend_count` (from the second on), `error.type` |
//!
//! Events in the call's span: `waits` (DEBUG) with `headroom.wait_ms`, `headroom.until_ms`, `headroom.limit.kind`,
//! `headroom.limit.scope`; `deferred` (INFO) with the same; `refused` (WARN) with `headroom.why`. No path, header, body or account is told.
//!
//! # Figures
//!
//! | figure | unit | labels |
//! | --- | --- | --- |
//! | counter `headroom.calls` | calls | `ending`: `success`, `deferred`, `refused`, `failed`, `dropped` |
//! | counter `headroom.attempts` | attempts | `result`: `answer`, `timed-out`, `connection`, `other`, `dropped` |
//! | counter `headroom.refusals` | answers that a limit refused, of the last 31 entries of each call's log | `limit`: kind of the limit |
//! | counter `headroom.attempts.early` | attempts sent before an instant that their call had been told: always 0 | |
//! | histogram `headroom.wait.duration` | seconds, as they were said when the wait began | `limit`: kind of the limit |
//! | histogram `headroom.call.duration` | seconds by the limiter's clock | `ending` |

#[cfg_attr(not(feature = "metrics"), path = "no_counts.rs")]
mod counts;
#[cfg_attr(not(feature = "tracing"), path = "no_spans.rs")]
mod spans;

#[cfg(feature = "metrics")]
pub use counts::describe;

#[cfg(feature = "reqwest")]
pub(crate) use spans::server_address;

use crate::types::{Answer, AttemptCount, AttemptError, InstantMs, Operation, Outcome, Wait};
use counts::{AttemptCounted, CallCounted};
use spans::CallSpan;

/// A call that is watched. Dropping it before it has ended is told, too.
pub(crate) struct Observed {
    span: CallSpan,
    counted: CallCounted,
}

impl Observed {
    pub(crate) fn begin(operation: &Operation, now: InstantMs) -> Self {
        Self { span: CallSpan::begin(operation), counted: CallCounted::begin(now) }
    }

    pub(crate) fn waits(&self, wait: &Wait, now: InstantMs) {
        self.span.waits(wait, now);
        counts::waits(wait, now);
    }

    pub(crate) fn ended(&mut self, outcome: &Outcome, now: InstantMs) {
        self.span.ended(outcome, now);
        self.counted.ended(outcome, now);
    }

    /// Sends within the attempt's span.
    pub(crate) async fn attempt(
        &self,
        operation: &Operation,
        attempt: AttemptCount,
        sending: impl Future<Output = Result<Answer, AttemptError>>,
    ) -> Result<Answer, AttemptError> {
        let (span, mut counted) = (self.span.attempt(operation, attempt), AttemptCounted::default());
        let sent = span.around(sending).await;
        span.ended(&sent);
        counted.ended(&sent);
        sent
    }

    /// As [`Observed::attempt`], on this thread.
    pub(crate) fn attempt_blocking(
        &self,
        operation: &Operation,
        attempt: AttemptCount,
        send: impl FnOnce() -> Result<Answer, AttemptError>,
    ) -> Result<Answer, AttemptError> {
        let (span, mut counted) = (self.span.attempt(operation, attempt), AttemptCounted::default());
        let sent = span.within(send);
        span.ended(&sent);
        counted.ended(&sent);
        sent
    }
}

#[cfg(all(test, feature = "metrics", feature = "tracing"))]
mod tests {
    use super::*;
    use crate::types::{Cost, Ending, Limit, LimiterKind, LogEntry, LogEvent, Request, Response, Scope};

    /// A call that is refused once, as its log has it.
    fn outcome() -> Outcome {
        let wait =
            Wait { until: 9_000, limit: Limit { kind: LimiterKind::Burst, scope: Scope::Tenant("docs".to_owned()) } };
        let event = |at, event| LogEntry { at, event };
        let log = vec![
            event(1_000, LogEvent::Begun(Cost { low: 1, likely: 1, high: 1 })),
            event(1_000, LogEvent::Sent(1)),
            event(1_000, LogEvent::Refused(wait)),
            event(9_000, LogEvent::Sent(2)),
        ];
        let answer = Answer::Response(Response { status: 200, headers: Vec::new(), body: Vec::new() });
        Outcome { ending: Ending::Success(answer), attempts: 2, log }
    }

    #[test]
    fn what_nobody_listens_to_allocates_nothing() {
        let operation = Operation::Rest(Request {
            tenant: "docs".to_owned(),
            method: "GET".to_owned(),
            path: "/wiki/api/v2/pages/1".to_owned(),
            headers: Vec::new(),
            body: None,
        });
        let (outcome, sent) = (outcome(), Err(AttemptError::TimedOut));
        let LogEvent::Refused(wait) = &outcome.log[2].event else { unreachable!("as written above") };
        let told = allocation_counter::measure(|| {
            let mut observed = Observed::begin(&operation, 1_000);
            observed.waits(wait, 1_000);
            assert!(observed.attempt_blocking(&operation, 2, || sent).is_err());
            observed.ended(&outcome, 9_000);
            drop(Observed::begin(&operation, 1_000));
        });
        assert_eq!(told.count_total, 0);
    }
}
