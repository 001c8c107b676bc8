//! Spans and events by `tracing`. Values are put together only where somebody listens.

use crate::types::{Answer, AttemptCount, AttemptError, Ending, FailureCause, InstantMs, Operation, Outcome, Wait};
use crate::words;
use headroom_model::points::Route;
use tracing::field::Empty;
use tracing::instrument::Instrumented;
use tracing::{Instrument, Span, debug, info, info_span, warn};

/// The methods that the conventions know; any other is `_OTHER`.
const METHODS: [&str; 9] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"];

/// The span of a call, and whether it was told how the call ended.
pub(super) struct CallSpan(Span, bool);

impl CallSpan {
    pub(super) fn begin(operation: &Operation) -> Self {
        let span = info_span!(
            target: "headroom",
            "headroom.call",
            otel.name = Empty,
            http.request.method = Empty,
            url.template = Empty,
            headroom.tenant = Empty,
            faas.invoked_name = Empty,
            headroom.ending = Empty,
            headroom.attempts = Empty,
            error.type = Empty,
        );
        describe(&span, operation);
        Self(span, false)
    }

    pub(super) fn waits(&self, Wait { until, limit }: &Wait, now: InstantMs) {
        debug!(
            target: "headroom",
            parent: &self.0,
            { headroom.wait_ms = until.saturating_sub(now),
            headroom.until_ms = until,
            headroom.limit.kind = words::kind(&limit.kind),
            headroom.limit.scope = words::scope(&limit.scope) },
            "waits"
        );
    }

    pub(super) fn ended(&mut self, outcome: &Outcome, now: InstantMs) {
        self.1 = true;
        self.0.record("headroom.ending", words::ending(&outcome.ending));
        self.0.record("headroom.attempts", outcome.attempts);
        match &outcome.ending {
            Ending::Success(_) => {}
            Ending::Deferred(deferral) => info!(
                target: "headroom",
                parent: &self.0,
                { headroom.wait_ms = deferral.not_before.saturating_sub(now),
                headroom.until_ms = deferral.not_before,
                headroom.limit.kind = words::kind(&deferral.limit.kind),
                headroom.limit.scope = words::scope(&deferral.limit.scope) },
                "deferred"
            ),
            Ending::Refused(refusal) => {
                let why = words::never(&refusal.why);
                self.0.record("error.type", why);
                warn!(target: "headroom", parent: &self.0, { headroom.why = why }, "refused");
            }
            Ending::Failed(FailureCause::Answer(answer)) => failed_by(&self.0, answer),
            Ending::Failed(FailureCause::Attempt(error)) => no_answer(&self.0, error),
            Ending::Failed(FailureCause::Other(_)) => drop(self.0.record("error.type", "_OTHER")),
        }
    }

    pub(super) fn attempt(&self, operation: &Operation, attempt: AttemptCount) -> AttemptSpan {
        let span = info_span!(
            target: "headroom",
            parent: &self.0,
            "headroom.attempt",
            otel.name = Empty,
            otel.kind = "client",
            http.request.method = Empty,
            url.template = Empty,
            headroom.tenant = Empty,
            faas.invoked_name = Empty,
            server.address = Empty,
            http.response.status_code = Empty,
            http.request.resend_count = Empty,
            error.type = Empty,
        );
        describe(&span, operation);
        // By the conventions it is left out of a request that is sent for the first time.
        if attempt > 1 {
            span.record("http.request.resend_count", attempt - 1);
        }
        AttemptSpan(span)
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if !self.1 {
            self.0.record("headroom.ending", "dropped");
        }
    }
}

pub(super) struct AttemptSpan(Span);

impl AttemptSpan {
    pub(super) fn around<F: Future>(&self, sending: F) -> Instrumented<F> {
        sending.instrument(self.0.clone())
    }

    pub(super) fn within<T>(&self, send: impl FnOnce() -> T) -> T {
        self.0.in_scope(send)
    }

    pub(super) fn ended(&self, sent: &Result<Answer, AttemptError>) {
        match sent {
            Ok(answer) => failed_by(&self.0, answer),
            Err(error) => no_answer(&self.0, error),
        }
    }
}

/// Tells the span of the attempt that is on its way to whom it goes.
#[cfg(feature = "reqwest")]
pub(crate) fn server_address(host: &str) {
    Span::current().record("server.address", host);
}

/// What an operation is, without what is in it.
fn describe(span: &Span, operation: &Operation) {
    if span.is_disabled() {
        return;
    }
    match operation {
        Operation::Rest(request) => {
            let known = METHODS.iter().find(|method| method.eq_ignore_ascii_case(&request.method));
            let (method, template) = (known.unwrap_or(&"_OTHER"), Route::of(&request.method, &request.path).template);
            span.record("http.request.method", method);
            span.record("headroom.tenant", request.tenant.as_str());
            match template.map(|template| template.text()) {
                Some(template) => {
                    span.record("otel.name", format!("{method} {template}"));
                    span.record("url.template", template);
                }
                None => drop(span.record("otel.name", method)),
            }
        }
        Operation::Invoke(invocation) => {
            span.record("otel.name", invocation.function_key.as_str());
            span.record("faas.invoked_name", invocation.function_key.as_str());
        }
    }
}

/// The status of an answer, which from 400 on is the error's type.
fn failed_by(span: &Span, answer: &Answer) {
    match answer {
        Answer::Response(response) => {
            span.record("http.response.status_code", response.status);
            if response.status >= 400 && !span.is_disabled() {
                span.record("error.type", response.status.to_string());
            }
        }
        Answer::Resolved(_) => {}
        Answer::Rejected(_) => drop(span.record("error.type", "rejected")),
    }
}

fn no_answer(span: &Span, error: &AttemptError) {
    let kind = match error {
        AttemptError::TimedOut => "timeout",
        AttemptError::Connection(_) => "connection",
        AttemptError::Other(_) => "_OTHER",
    };
    span.record("error.type", kind);
}
