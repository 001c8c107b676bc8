//! Transports that panic or never answer, deadlines in the past, saved states that are none.

use crate::{START, compiled, limiter, page, request, response};
use futures::future::{BoxFuture, FutureExt, pending};
use headroom_host::types::{
    Answer, AttemptCount, AttemptError, CallOptions, Ending, FailureCause, Header, InstantMs, Operation, Response,
    StateFault,
};
use headroom_host::{Caller, ClientComponent, Clock, Error, Limiter, ManualClock, Transport};
use headroom_tests::component;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn in_one_go(deadline: u64) -> CallOptions {
    CallOptions { deadline: Some(deadline), ..CallOptions::default() }
}

/// Panics before there is a future, then within one, then answers.
struct PanicsTwice;

impl Transport for PanicsTwice {
    fn send(&self, _: Operation, attempt: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        match attempt {
            1 => resume_unwind(Box::new("before")),
            2 => async { resume_unwind(Box::new("within".to_owned())) }.boxed(),
            _ => async { Ok(response(200, &[])) }.boxed(),
        }
    }
}

#[test]
fn a_transport_that_panics_is_an_attempt_without_an_answer() {
    let (limiter, clock) = limiter(|builder| builder.transport(PanicsTwice));
    let outcome = clock.run(limiter.invoke_with_retry(page(), CallOptions::default())).expect("no trap");
    assert_eq!((outcome.attempts, &outcome.ending), (3, &Ending::Success(response(200, &[]))));

    // A comment is not written twice by itself, so its panic is the outcome.
    let comment = request("POST", "/wiki/rest/api/content/1/comment");
    let outcome = clock.run(limiter.invoke_with_retry(comment, CallOptions::default())).expect("no trap");
    let said = AttemptError::Other("the transport panicked: before".to_owned());
    assert_eq!(outcome.ending, Ending::Failed(FailureCause::Attempt(said)));
    assert_eq!(limiter.status().expect("no trap").open_calls, 0);
}

#[test]
fn a_transport_that_panics_does_not_stop_the_client_world_either() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("tokio runs here");
    let ended = runtime.block_on(async {
        let compiled = ClientComponent::new(&component("client")).expect("it compiles");
        // Real time passes here: a millisecond for each attempt without an answer.
        let client =
            compiled.instantiate(Arc::new(PanicsTwice), |config| (config.backoff, config.jitter) = (1, 0)).await;
        let calls = async |caller: Caller<'_, _>| caller.invoke_with_retry(page(), CallOptions::default()).await;
        client.expect("it instantiates").run(calls).await.expect("no trap").expect("no trap")
    });
    assert_eq!((ended.attempts, ended.ending), (3, Ending::Success(response(200, &[]))));
}

#[test]
fn a_sender_that_panics_in_a_thread_of_its_own_is_one_too() {
    let (limiter, _) = limiter(|builder| builder);
    let outcome = limiter.invoke_with_blocking(&page(), &CallOptions::default(), |attempt| match attempt {
        1 => resume_unwind(Box::new(())),
        _ => Ok(response(200, &[])),
    });
    let outcome = outcome.expect("no trap");
    assert_eq!((outcome.attempts, outcome.ending), (2, Ending::Success(response(200, &[]))));
}

#[test]
fn an_attempt_that_is_never_answered_times_out_to_the_millisecond() {
    let comment = request("POST", "/wiki/rest/api/content/1/comment");
    for (timeout, want) in [(None, 60_000), (Some(Duration::from_millis(250)), 250)] {
        let (limiter, clock) = limiter(|builder| match timeout {
            Some(timeout) => builder.attempt_timeout(timeout),
            None => builder,
        });
        let options = CallOptions::default();
        let never = limiter.invoke_with(&comment, &options, async |_| pending().await);
        let outcome = clock.run(never).expect("no trap");
        assert_eq!(outcome.ending, Ending::Failed(FailureCause::Attempt(AttemptError::TimedOut)));
        assert_eq!((clock.now(), outcome.attempts), (START + want, 1));
        assert_eq!(limiter.status().expect("no trap").in_flight, 0);
    }
}

#[test]
fn with_no_time_at_all_a_call_is_sent_at_once_or_deferred_and_never_waits() {
    let (limiter, clock) = limiter(|builder| builder);
    let operation = page();
    let options = in_one_go(0);
    let call = |answer: Answer| {
        let outcome = clock.run(limiter.invoke_with(&operation, &options, async |_| Ok(answer.clone())));
        let outcome = outcome.expect("no trap");
        (outcome.attempts, outcome.ending)
    };
    assert_eq!(call(response(200, &[])), (1, Ending::Success(response(200, &[]))));
    let (attempts, ending) = call(response(429, &[("Retry-After", "30")]));
    assert!(attempts == 1 && matches!(ending, Ending::Deferred(_)), "{ending:?}");
    let (attempts, ending) = call(response(200, &[]));
    let Ending::Deferred(deferral) = ending else { panic!("{ending:?}") };
    assert_eq!((attempts, deferral.not_before, clock.now()), (0, START + 30_000, START));
}

#[test]
fn a_saved_state_that_is_none_is_an_error_and_changes_nothing() {
    let (first, clock) = limiter(|builder| builder);
    let (operation, options) = (page(), CallOptions::default());
    clock.run(first.invoke_with(&operation, &options, async |_| Ok(response(200, &[])))).expect("no trap");
    let saved = first.save().expect("no trap").bytes;
    let (second, _) = limiter(|builder| builder.restore(saved.clone()));
    assert_eq!(second.status().expect("no trap").pools, first.status().expect("no trap").pools);

    let before = first.status().expect("no trap");
    for at in 0..saved.len() {
        let mut flipped = saved.clone();
        flipped[at] ^= 0x10;
        for poisoned in [&saved[..at], &flipped] {
            let Err(Error::State(error)) = first.restore(poisoned) else { panic!("byte {at} does not matter") };
            assert!(error.fault != StateFault::CallsOpen && !error.message.contains('\n'), "{error:?}");
        }
    }
    assert_eq!(first.status().expect("no trap"), before);
    let error = Limiter::builder(compiled()).restore(b"nonsense".to_vec()).build().map(drop).expect_err("it is none");
    assert!(error.to_string().starts_with("the saved state was not taken: "), "{error}");

    let on_its_way = first.invoke_with(&operation, &options, async |_| pending().await);
    let mut on_its_way = std::pin::pin!(on_its_way);
    assert!(on_its_way.as_mut().now_or_never().is_none());
    let Err(Error::State(error)) = first.restore(&saved) else { panic!("a call is open") };
    assert_eq!(error.fault, StateFault::CallsOpen);
}

/// Panics while the limiter's lock is held, as long as it is told to.
struct Stumbles(ManualClock, AtomicBool);

impl Clock for Stumbles {
    fn now(&self) -> InstantMs {
        if self.1.load(Ordering::Relaxed) {
            resume_unwind(Box::new("the clock stumbles"));
        }
        self.0.now()
    }

    fn sleep_until(&self, instant: InstantMs) -> BoxFuture<'static, ()> {
        self.0.sleep_until(instant)
    }

    fn sleep_until_blocking(&self, instant: InstantMs) {
        self.0.sleep_until_blocking(instant);
    }
}

#[test]
fn a_panic_under_the_lock_does_not_break_the_limiter() {
    let clock = Arc::new(Stumbles(ManualClock::at(START), AtomicBool::new(false)));
    let limiter = Limiter::builder(compiled()).clock(clock.clone()).build().expect("it is in range");
    let (operation, options) = (page(), CallOptions::default());
    let stumbling = catch_unwind(AssertUnwindSafe(|| {
        limiter.invoke_with_blocking(&operation, &options, |_| {
            clock.1.store(true, Ordering::Relaxed);
            Ok(response(200, &[]))
        })
    }));
    assert!(stumbling.is_err(), "the clock's panic is the caller's");
    clock.1.store(false, Ordering::Relaxed);
    assert_eq!(limiter.status().expect("no trap").open_calls, 0, "and its call is ended all the same");
    let outcome = limiter.invoke_with_blocking(&page(), &CallOptions::default(), |_| Ok(response(200, &[])));
    assert!(matches!(outcome.expect("no trap").ending, Ending::Success(_)));
}

#[test]
fn a_body_that_the_component_does_not_read_comes_back_whole() {
    let (limiter, clock) = limiter(|builder| builder);
    let picture = Answer::Response(Response {
        status: 200,
        headers: vec![Header { name: "content-type".to_owned(), value: "image/png".to_owned() }],
        body: vec![7; 32 << 20],
    });
    let (operation, options) = (page(), CallOptions::default());
    let outcome = clock.run(limiter.invoke_with(&operation, &options, async |_| Ok(picture.clone()))).expect("no trap");
    assert!(outcome.ending == Ending::Success(picture));
}

#[test]
fn what_is_missing_or_out_of_range_is_said_with_the_next_step() {
    let (limiter, clock) = limiter(|builder| builder);
    let error = clock.run(limiter.invoke_with_retry(page(), CallOptions::default())).expect_err("it cannot send");
    assert_eq!(error.to_string(), "the limiter has no transport: build it with `transport`, or send by `invoke_with`");
    let error = Limiter::builder(compiled()).configure(|config| config.nodes = 0).build().map(drop);
    assert!(error.expect_err("no nodes").to_string().contains("`nodes` is `0`"));
}

#[test]
fn a_call_can_be_spawned_wherever_tasks_move_between_threads() {
    fn sendable<T: Send>(future: T) -> T {
        future
    }
    let (limiter, clock) = limiter(|builder| builder.transport(PanicsTwice));
    let by_closure = limiter.clone();
    let calls = async move {
        let (operation, options) = (page(), CallOptions::default());
        let answer = response(200, &[]);
        by_closure.invoke_with(&operation, &options, async |_| Ok(answer.clone())).await.expect("no trap");
        limiter.invoke_with_retry(operation, options).await.expect("no trap").attempts
    };
    assert_eq!(clock.run(sendable(calls)), 3);
}
