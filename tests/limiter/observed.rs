//! What a limiter tells those who watch it: names and values.

use crate::{limiter, page, request, response};
use futures::future::{FutureExt, pending};
use headroom_host::types::{
    Answer, AttemptError, CallOptions, Context, Ending, Header, Invocation, Operation, Response, Trigger,
};
use headroom_host::{Limiter, ManualClock};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context as Layered, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

type Fields = BTreeMap<String, String>;

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Lists>>);

/// Spans in the order in which they began, and events, each with its parent's name and its fields.
type Lists = (BTreeMap<u64, Told>, Vec<Told>);

#[derive(Clone, Debug, Default)]
struct Told {
    name: &'static str,
    parent: &'static str,
    fields: Fields,
}

struct Reader<'a>(&'a mut Fields);

impl Visit for Reader<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Layered<'_, S>) {
        let span = context.span(id).expect("it has just begun");
        let parent = span.parent().map_or("", |parent| parent.name());
        let mut told = Told { name: span.name(), parent, fields: Fields::new() };
        attributes.record(&mut Reader(&mut told.fields));
        self.0.lock().expect("no panic").0.insert(id.into_u64(), told);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Layered<'_, S>) {
        let mut seen = self.0.lock().expect("no panic");
        values.record(&mut Reader(&mut seen.0.get_mut(&id.into_u64()).expect("it has begun").fields));
    }

    fn on_event(&self, event: &Event<'_>, context: Layered<'_, S>) {
        let parent = context.event_span(event).map_or("", |span| span.name());
        let mut told = Told { parent, ..Told::default() };
        event.record(&mut Reader(&mut told.fields));
        self.0.lock().expect("no panic").1.push(told);
    }
}

/// Spans, each with its fields in one line, and events likewise.
pub(crate) fn told(work: impl FnOnce()) -> Vec<String> {
    // With one dispatcher alone, a callsite that another test's thread meets first would be switched off for this one, too.
    static OTHER: OnceLock<Dispatch> = OnceLock::new();
    OTHER.get_or_init(|| Dispatch::new(tracing_subscriber::registry()));
    let seen = Seen::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(seen.clone()), work);
    let (spans, events) = &*seen.0.lock().expect("no panic");
    let line = |told: &Told| {
        let fields: Vec<_> = told.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} in `{}`: {}", told.name, told.parent, fields.join(" "))
    };
    spans.values().chain(events).map(line).collect()
}

/// Refused for two seconds, then answered.
fn refused_once(limiter: &Limiter, clock: &ManualClock, operation: &Operation) {
    let options = CallOptions::default();
    let call = limiter.invoke_with(operation, &options, async |attempt| {
        let burst = [("Retry-After", "2"), ("RateLimit-Reason", "jira-burst-based")];
        Ok(if attempt == 1 { response(429, &burst) } else { response(200, &[]) })
    });
    assert!(matches!(clock.run(call).expect("no trap").ending, Ending::Success(_)));
}

#[test]
fn a_call_and_its_attempts_are_spans_under_the_names_of_opentelemetry() {
    let (limiter, clock) = limiter(|builder| builder);
    let lines = told(|| refused_once(&limiter, &clock, &request("get", "/wiki/rest/api/content/1?secret=x")));
    let of = "headroom.tenant=docs";
    let named = "http.request.method=GET";
    let template = "otel.name=GET /wiki/rest/api/content/{id}";
    let end = "url.template=/wiki/rest/api/content/{id}";
    assert_eq!(
        lines,
        [
            format!("headroom.call in ``: headroom.attempts=2 headroom.ending=success {of} {named} {template} {end}"),
            format!(
                "headroom.attempt in `headroom.call`: error.type=429 {of} {named} http.response.status_code=429 \
                 otel.kind=client {template} {end}"
            ),
            format!(
                "headroom.attempt in `headroom.call`: {of} {named} http.request.resend_count=1 \
                 http.response.status_code=200 otel.kind=client {template} {end}"
            ),
            " in `headroom.call`: headroom.limit.kind=burst headroom.limit.scope=endpoint headroom.until_ms=1776160802000 \
             headroom.wait_ms=2000 message=waits"
                .to_owned(),
        ]
    );
}

#[test]
fn what_is_no_success_says_of_what_kind() {
    let (limiter, clock) = limiter(|builder| builder.attempt_timeout(std::time::Duration::from_secs(1)));
    let invocation = Operation::Invoke(Invocation {
        function_key: "getText".to_owned(),
        payload: "{}".to_owned(),
        context: Context {
            installation: "site".to_owned(),
            account: Some("someone".to_owned()),
            environment: "production".to_owned(),
            trigger: Trigger::Ui,
        },
    });
    let options = CallOptions { deadline: Some(0), max_attempts: Some(1), ..CallOptions::default() };
    let lines = told(|| {
        let call = |operation: &Operation, sent: Result<Answer, AttemptError>| {
            drop(clock.run(limiter.invoke_with(operation, &options, async |_| sent.clone())));
        };
        call(&invocation, Ok(Answer::Rejected("{}".to_owned())));
        call(&request("BREW", "/nobody/knows/it"), Err(AttemptError::Connection("reset".to_owned())));
        drop(clock.run(limiter.invoke_with(&page(), &options, async |_| pending().await)));
        let page = page();
        let dropped = limiter.invoke_with(&page, &options, async |_| pending().await);
        assert!(Box::pin(dropped).now_or_never().is_none());
        call(&page, Ok(response(429, &[("Retry-After", "9")])));
        call(&page, Ok(response(200, &[])));
    });
    for wanted in [
        "headroom.call in ``: headroom.ending=dropped headroom.tenant=docs http.request.method=GET",
        "error.type=rejected faas.invoked_name=getText otel.kind=client otel.name=getText",
        "error.type=connection headroom.tenant=docs http.request.method=_OTHER otel.kind=client otel.name=_OTHER",
        "error.type=timeout headroom.tenant=docs http.request.method=GET otel.kind=client",
        "headroom.why=attempts-exhausted message=refused",
        "headroom.limit.kind=other headroom.limit.scope=app headroom.until_ms=1776160810000 headroom.wait_ms=9000 \
         message=deferred",
    ] {
        assert!(lines.iter().any(|line| line.contains(wanted)), "{wanted}\n{}", lines.join("\n"));
    }
    assert!(!lines.iter().any(|line| line.contains("someone")), "no account is told");
}

/// Each figure with its labels.
fn counted(work: impl FnOnce()) -> Vec<String> {
    let recorder = DebuggingRecorder::new();
    let figures = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        headroom_host::observe::describe();
        work();
    });
    let line =
        |(key, unit, text, value): (metrics_util::CompositeKey, Option<metrics::Unit>, Option<_>, DebugValue)| {
            assert!(unit.is_some() && text.is_some(), "{key:?} has unit and description");
            let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            let value = match value {
                DebugValue::Counter(count) => count.to_string(),
                DebugValue::Histogram(values) => {
                    format!("{:?}", values.iter().map(|value| value.0).collect::<Vec<_>>())
                }
                DebugValue::Gauge(value) => value.0.to_string(),
            };
            format!("{}{{{}}} {value}", key.key().name(), labels.join(","))
        };
    let mut lines: Vec<_> = figures.snapshot().into_vec().into_iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn calls_attempts_refusals_and_waits_are_counted_in_their_units() {
    let (limiter, clock) = limiter(|builder| builder);
    let lines = counted(|| {
        refused_once(&limiter, &clock, &page());
        let (page, options) = (page(), CallOptions::default());
        // A burst that was refused is paced more slowly for a while.
        clock.advance(60_000);
        let dropped = limiter.invoke_with(&page, &options, async |_| pending().await);
        assert!(Box::pin(dropped).now_or_never().is_none());
        clock.advance(1_000);
        let missing = limiter.invoke_with(&page, &options, async |_| Ok(response(404, &[])));
        drop(clock.run(missing));
        clock.advance(1_000);
        let impatient = CallOptions { deadline: Some(0), ..CallOptions::default() };
        let wall = [("Retry-After", "30"), ("RateLimit-Reason", "confluence-quota-global-based")];
        drop(clock.run(limiter.invoke_with(&page, &impatient, async |_| Ok(response(429, &wall)))));
    });
    assert_eq!(
        lines,
        [
            "headroom.attempts.early{} 0",
            "headroom.attempts{result=answer} 4",
            "headroom.attempts{result=dropped} 1",
            "headroom.call.duration{ending=deferred} [0.0]",
            "headroom.call.duration{ending=failed} [0.0]",
            "headroom.call.duration{ending=success} [2.0]",
            "headroom.calls{ending=deferred} 1",
            "headroom.calls{ending=dropped} 1",
            "headroom.calls{ending=failed} 1",
            "headroom.calls{ending=success} 1",
            "headroom.refusals{limit=burst} 1",
            "headroom.refusals{limit=points-quota} 1",
            "headroom.wait.duration{limit=burst} [2.0]",
        ]
    );
}

#[test]
fn whoever_does_not_watch_gets_the_same_outcome() {
    let (watched, clock) = limiter(|builder| builder);
    let (unwatched, other) = limiter(|builder| builder);
    let (page, options) = (page(), CallOptions::default());
    let answer = Answer::Response(Response {
        status: 500,
        headers: vec![Header { name: "x".to_owned(), value: "y".to_owned() }],
        body: Vec::new(),
    });
    let mut outcomes = Vec::new();
    told(|| {
        outcomes.push(clock.run(watched.invoke_with(&page, &options, async |_| Ok(answer.clone()))).expect("no trap"))
    });
    outcomes.push(other.run(unwatched.invoke_with(&page, &options, async |_| Ok(answer.clone()))).expect("no trap"));
    assert_eq!(outcomes[0], outcomes[1]);
}
