//! Both worlds in wasmtime, as an embedder uses them: real clocks, a transport of one's own, wrong components.

use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt, join_all};
use futures::poll;
use headroom_core::Limiter;
use headroom_host::types::{
    Answer, AttemptCount, AttemptError, CallOptions, Config, Context, Decision, Ending, Header, Invocation, Never,
    Operation, Request, Response, Runtime, StateFault, Trigger,
};
use headroom_host::{Caller, Client, ClientComponent, ClientState, Error, PlannerComponent, Step, Transport};
use headroom_model::operation as model;
use headroom_model::time::{Instant, Millis};
use headroom_tests::component;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

fn page() -> Operation {
    Operation::Rest(Request {
        tenant: "docs".to_owned(),
        method: "GET".to_owned(),
        path: "/wiki/rest/api/content/1".to_owned(),
        headers: Vec::new(),
        body: None,
    })
}

fn response(status: u16, headers: &[(&str, &str)]) -> Answer {
    let headers = headers.iter().map(|(name, value)| Header { name: (*name).into(), value: (*value).into() });
    Answer::Response(Response { status, headers: headers.collect(), body: b"{}".to_vec() })
}

/// Refuses the first twenty attempts with the shortest delay there is, and counts.
#[derive(Default)]
struct RefusesAtFirst {
    sent: AtomicU32,
}

impl Transport for RefusesAtFirst {
    fn send(&self, _: Operation, _: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        let answer = if self.sent.fetch_add(1, Ordering::Relaxed) < 20 {
            response(429, &[("Retry-After", "0"), ("RateLimit-Reason", "jira-burst-based")])
        } else {
            response(200, &[])
        };
        async { Ok(answer) }.boxed()
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("tokio runs here").block_on(future)
}

#[test]
fn a_thousand_calls_share_one_instance_and_each_is_carried_through() {
    block_on(async {
        let transport = Arc::new(RefusesAtFirst::default());
        let compiled = ClientComponent::new(&component("client")).expect("it compiles");
        let mut client = compiled
            .instantiate(transport.clone(), |config| {
                config.burst = None;
                config.jitter = 0;
                config.backoff = 1; // real time passes here: a millisecond for each refusal
                config.max_attempts = 100;
            })
            .await
            .expect("it instantiates");
        let outcomes = client
            .run(async |caller| {
                let verdict = caller.quota_check(page(), CallOptions::default()).await.expect("no trap");
                assert_eq!((verdict.decision, verdict.cost.likely), (Decision::Proceed, 2));
                join_all((0..1_000).map(|_| caller.invoke_with_retry(page(), CallOptions::default()))).await
            })
            .await
            .expect("no trap");
        let attempts = outcomes.into_iter().map(|outcome| match outcome.expect("no trap") {
            outcome if outcome.ending == Ending::Success(response(200, &[])) => outcome.attempts,
            other => panic!("not a success: {other:?}"),
        });
        assert_eq!((attempts.sum::<u32>(), transport.sent.load(Ordering::Relaxed)), (1_020, 1_020));
    });
}

/// Keeps the first attempt on its way until it is released.
struct HeldBack {
    released: Mutex<Option<oneshot::Receiver<()>>>,
    on_its_way: Arc<()>,
}

impl HeldBack {
    fn new() -> (Arc<Self>, oneshot::Sender<()>) {
        let (release, released) = oneshot::channel();
        (Arc::new(Self { released: Mutex::new(Some(released)), on_its_way: Arc::default() }), release)
    }

    fn attempts_on_their_way(&self) -> usize {
        Arc::strong_count(&self.on_its_way) - 1
    }
}

impl Transport for HeldBack {
    fn send(&self, _: Operation, _: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        let (on_its_way, released) = (self.on_its_way.clone(), self.released.lock().expect("no panic").take());
        let sending = async move {
            if let Some(released) = released {
                // An error says that nobody is left to release it; then the test is over.
                let _ = released.await;
            }
            drop(on_its_way);
            Ok(response(200, &[]))
        };
        sending.boxed()
    }
}

/// One call at a time, and points for two of them.
async fn scarce(transport: Arc<HeldBack>) -> Client {
    let compiled = ClientComponent::new(&component("client")).expect("it compiles");
    let configure = |config: &mut Config| (config.max_calls, config.quota) = (1, 4);
    compiled.instantiate(transport, configure).await.expect("it instantiates")
}

/// Begins a call and stops listening once its attempt is on its way.
async fn abandon_a_call(caller: Caller<'_, ClientState>, transport: &HeldBack) {
    let mut call = pin!(caller.invoke_with_retry(page(), CallOptions::default()));
    while transport.attempts_on_their_way() == 0 {
        assert!(poll!(call.as_mut()).is_pending(), "it is held back");
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_call_that_nobody_listens_to_is_carried_to_its_end_and_then_out_of_the_way() {
    block_on(async {
        let (transport, release) = HeldBack::new();
        let mut client = scarce(transport.clone()).await;
        let abandoned = client.run(async |caller| {
            abandon_a_call(caller, &transport).await;
            caller.invoke_with_retry(page(), CallOptions::default()).await.expect("no trap")
        });
        let Ending::Refused(refusal) = abandoned.await.expect("no trap").ending else { panic!("the first is open") };
        assert_eq!(refusal.why, Never::TooManyCalls(1));

        release.send(()).expect("the attempt outlives its call's future");
        let after = client.run(async |caller| {
            while transport.attempts_on_their_way() > 0 {
                tokio::task::yield_now().await;
            }
            let options = CallOptions { deadline: Some(0), ..CallOptions::default() };
            caller.invoke_with_retry(page(), options).await.expect("no trap")
        });
        let after = after.await.expect("no trap");
        assert!(matches!(after.ending, Ending::Success(_)), "there are points for two calls and no more: {after:?}");
    });
}

#[test]
fn attempts_on_their_way_are_dropped_with_their_client_and_not_before() {
    block_on(async {
        let (transport, _release) = HeldBack::new();
        let mut client = scarce(transport.clone()).await;
        client.run(async |caller| abandon_a_call(caller, &transport).await).await.expect("no trap");
        assert_eq!(transport.attempts_on_their_way(), 1, "wasmtime 48 cancels no call");
        drop(client);
        assert_eq!(transport.attempts_on_their_way(), 0);
    });
}

/// Says what the server says when an hour's points are gone.
struct AtTheWall;

impl Transport for AtTheWall {
    fn send(&self, _: Operation, _: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        let reason = ("RateLimit-Reason", "confluence-quota-global-based");
        async move { Ok(response(429, &[("Retry-After", "30"), reason])) }.boxed()
    }
}

#[test]
fn a_wait_past_the_deadline_is_an_answer_and_not_a_wait() {
    block_on(async {
        let compiled = ClientComponent::new(&component("client")).expect("it compiles");
        let mut client = compiled.instantiate(Arc::new(AtTheWall), |_| {}).await.expect("it instantiates");
        let options = CallOptions { deadline: Some(25_000), ..CallOptions::default() };
        let outcomes = client
            .run(async |caller| {
                let first = caller.invoke_with_retry(page(), options.clone()).await.expect("no trap");
                // The pause covers the whole app: the second is deferred without being sent.
                (first, caller.invoke_with_retry(page(), options).await.expect("no trap"))
            })
            .await
            .expect("no trap");
        assert_eq!((outcomes.0.attempts, outcomes.1.attempts), (1, 0));
        let endings = (outcomes.0.ending, outcomes.1.ending);
        let (Ending::Deferred(first), Ending::Deferred(second)) = endings else { panic!("{endings:?}") };
        assert_eq!(first.not_before, second.not_before);
    });
}

#[test]
fn a_deferred_call_is_resumed_in_another_instance() {
    let compiled = PlannerComponent::new(&component("planner")).expect("it compiles");
    let mut planner = compiled.instantiate(|_| {}, 1).expect("it instantiates");
    let options = CallOptions { runtime: Some(Runtime::Ui), ..CallOptions::default() };
    let now = 1_776_160_800_000;
    let call = planner.begin(&page(), &options, now).expect("no trap");
    assert_eq!(planner.next(call, now).expect("no trap"), Step::Send(1));
    planner.on_response(call, &response(429, &[("Retry-After", "1847")]), now).expect("no trap");
    let Ok(Step::Done(outcome)) = planner.next(call, now) else { panic!("half an hour in a UI") };
    let Ending::Deferred(deferral) = outcome.ending else { panic!("{outcome:?}") };
    assert_eq!(deferral.requeue_after, 900_000, "the first hop of three");

    let mut other = compiled.instantiate(|_| {}, 2).expect("it instantiates");
    let options = CallOptions { resume_token: Some(deferral.resume_token), ..CallOptions::default() };
    let early = now + deferral.requeue_after;
    let call = other.begin(&page(), &options, early).expect("no trap");
    let Ok(Step::WaitUntil(wait)) = other.next(call, early) else { panic!("it is not time yet") };
    assert_eq!(wait.until, deferral.not_before);
    assert_eq!(other.next(call, wait.until).expect("no trap"), Step::Send(2), "its attempts count");

    for token in ["", "hr1.0", "nonsense"] {
        let options = CallOptions { resume_token: Some(token.to_owned()), ..CallOptions::default() };
        let call = other.begin(&page(), &options, early).expect("no trap");
        let Ok(Step::Done(outcome)) = other.next(call, early) else { panic!("`{token}` is no token") };
        let Ending::Refused(refusal) = outcome.ending else { panic!("{outcome:?}") };
        assert!(matches!(refusal.why, Never::ResumeTokenNotValid(_)), "{:?}", refusal.why);
    }
}

#[test]
fn the_planner_keeps_a_scarce_window_for_those_who_come_first() {
    let compiled = PlannerComponent::new(&component("planner")).expect("it compiles");
    let mut planner = compiled.instantiate(|_| {}, 1).expect("it instantiates");
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
    let now = 1_776_160_800_000;
    for _ in 0..300 {
        let call = planner.begin(&invocation, &CallOptions::default(), now).expect("no trap");
        assert_eq!(planner.next(call, now).expect("no trap"), Step::Send(1));
    }
    let waiting = planner.begin(&invocation, &CallOptions::default(), now).expect("no trap");
    let Step::WaitUntil(wait) = planner.next(waiting, now).expect("no trap") else { panic!("301 in a second") };
    assert_eq!(wait.until, now + 1_000);
    assert!(matches!(planner.next(waiting, now + 999), Ok(Step::WaitUntil(_))), "refused 1 ms before");
    assert_eq!(planner.next(waiting, now + 1_000).expect("no trap"), Step::Send(1), "accepted at it");
    planner.end(waiting).expect("no trap");
}

#[test]
fn a_report_that_nobody_waits_for_changes_nothing() {
    let compiled = PlannerComponent::new(&component("planner")).expect("it compiles");
    let mut planner = compiled.instantiate(|_| {}, 1).expect("it instantiates");
    let now = 1_776_160_800_000;
    let call = planner.begin(&page(), &CallOptions::default(), now).expect("no trap");
    planner.on_response(call, &response(500, &[]), now).expect("no trap");
    assert_eq!(planner.next(call, now).expect("no trap"), Step::Send(1), "not sent yet, so not answered");
    planner.on_response(call, &response(200, &[]), now).expect("no trap");
    let done = planner.next(call, now).expect("no trap");
    let Step::Done(outcome) = &done else { panic!("{done:?}") };
    assert_eq!(outcome.ending, Ending::Success(response(200, &[])));
    planner.on_response(call, &response(404, &[]), now).expect("no trap");
    planner.on_failure(call, &AttemptError::TimedOut, now).expect("no trap");
    assert_eq!(planner.next(call, now).expect("no trap"), done, "the outcome stays");
}

/// Two page reads, and with them the whole pool.
#[test]
fn what_one_planner_saved_another_goes_on_with() {
    let compiled = PlannerComponent::new(&component("planner")).expect("it compiles");
    let start = || compiled.instantiate(|config| (config.quota, config.jitter) = (4, 0), 7).expect("it instantiates");
    let (mut one, mut other, now) = (start(), start(), 1_770_034_800_000);
    let config = headroom_core::Config { quota_points: 4, jitter: Millis(0), ..headroom_core::Config::default() };
    let mut native = Limiter::new(config, 7).expect("it is in range");
    let read = model::Operation::Rest(model::Request::get("docs", "/wiki/rest/api/content/1"));
    let answered = model::Answer::Response(model::Response { status: 200, headers: vec![], body: vec![] });
    for _ in 0..2 {
        let call = one.begin(&page(), &CallOptions::default(), now).expect("no trap");
        assert!(matches!(one.next(call, now), Ok(Step::Send(1))));
        one.on_response(call, &response(200, &[]), now).expect("no trap");
        one.end(call).expect("no trap");
        let call = native.begin(&read, &Default::default(), Instant(now)).expect("it is not full");
        native.next(call, Instant(now));
        native.on_response(call, &answered, Instant(now));
        native.end(call);
    }
    let saved = one.save(now).expect("no trap");
    assert_eq!((&saved.bytes, saved.left_out), (&native.save(Instant(now)).bytes, 0), "native and component alike");
    assert_eq!(other.merge(&saved.bytes, &saved.bytes, now).expect("no trap").as_ref(), Ok(&saved));
    other.restore(&saved.bytes, now).expect("no trap").expect("it is whole");
    let verdict = one.quota_check(&page(), &CallOptions::default(), now).expect("no trap");
    assert!(matches!(verdict.decision, Decision::WaitUntil(_)));
    assert_eq!(other.quota_check(&page(), &CallOptions::default(), now).expect("no trap"), verdict);
    let error = other.restore(&saved.bytes[1..], now).expect("no trap").expect_err("it is not whole");
    assert_eq!(error.fault, StateFault::NotAState);
    assert_eq!(other.quota_check(&page(), &CallOptions::default(), now).expect("no trap"), verdict, "as before");
}

#[test]
fn a_component_of_another_world_is_told_apart() {
    let as_client = ClientComponent::new(&component("planner")).map(drop).expect_err("it is a planner");
    assert!(matches!(as_client, Error::OtherWorld { wanted: "client", .. }), "{as_client}");
    let as_planner = PlannerComponent::new(&component("client")).map(drop).expect_err("it is a client");
    let text = as_planner.to_string();
    assert_eq!(
        text,
        "a component of another world: it exports `headroom:forge/retry@0.1.0`, but world `planner` was asked for"
    );
}

#[test]
fn a_truncated_component_is_an_error_wherever_it_is_cut() {
    let bytes = component("planner");
    for cut in [0, 3, 7, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        let error = PlannerComponent::new(&bytes[..cut]).map(drop).expect_err("it is cut");
        let text = error.to_string();
        assert!(!text.contains('\n') && text.len() < 400, "{cut}: {text}");
    }
}

#[test]
fn a_configuration_out_of_range_names_field_and_range() {
    let compiled = PlannerComponent::new(&component("planner")).expect("it compiles");
    let error = compiled.instantiate(|config| config.max_attempts = 0, 1).map(drop).expect_err("0 attempts");
    let Error::Config(config) = &error else { panic!("{error}") };
    assert_eq!(config.field, "max-attempts");
    assert!(error.to_string().ends_with("`max-attempts` is `0`: choose a value from 1 to 100"), "{error}");
}
