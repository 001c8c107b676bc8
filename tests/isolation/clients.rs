//! Hostile clients, and good ones under the same bounds.

use crate::attacks::{Kind, ending};
use crate::hostile::Hostile;
use crate::{by_hand, page};
use futures::future::{BoxFuture, FutureExt, join_all};
use headroom_host::types::{Answer, AttemptCount, AttemptError, CallOptions, Decision, Ending, Operation, Response};
use headroom_host::{Allocation, Engines, Error, Limits, Ticks, Transport};
use headroom_tests::component;
use std::sync::Arc;

/// Answers before anybody waits.
struct AtOnce;

impl Transport for AtOnce {
    fn send(&self, _: Operation, _: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        let answer = Answer::Response(Response { status: 200, headers: Vec::new(), body: Vec::new() });
        async { Ok(answer) }.boxed()
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("tokio runs here").block_on(future)
}

#[test]
fn a_client_that_loops_grows_traps_or_lies_stops_with_a_typed_error() {
    let engines = by_hand();
    for (body, kind) in [
        ("(loop (br 0)) (unreachable)", Kind::TooSlow),
        ("(loop (drop (memory.grow (i32.const 16))) (br 0)) (unreachable)", Kind::TooMuch),
        ("(unreachable)", Kind::Trap),
        ("(i32.const -8)", Kind::Nonsense),
    ] {
        for function in ["quota-check", "default-config", "configure"] {
            let (world, bodies) = ("import transport; export retry;", &[(function, body)]);
            let compiled = engines.client(&Hostile { world, bodies, ..Hostile::default() }.encode());
            let compiled = compiled.expect("it compiles");
            let when_made = (function != "quota-check").then_some(kind);
            let made = ending(&engines, when_made, || block_on(compiled.instantiate(Arc::new(AtOnce), |_| {})));
            let mut client = match made {
                Ok(client) => client,
                Err(Error::Trap(cause)) if when_made.is_some() => {
                    assert_eq!(Kind::of(&cause), kind, "{function}: {cause}");
                    continue;
                }
                Err(other) => panic!("{function}: {other}"),
            };
            let asked = ending(&engines, Some(kind), || {
                block_on(client.run(async |caller| caller.quota_check(page(), CallOptions::default()).await.map(drop)))
            });
            let Err(Error::Trap(cause)) = asked.and_then(|asked| asked) else { panic!("{kind:?}: it goes on") };
            assert_eq!(Kind::of(&cause), kind, "{function}: {cause}");
            assert_eq!(client.stopped().map(Kind::of), Some(kind));
            let again = block_on(client.run(async |_| panic!("nothing runs in an instance that stopped")));
            assert!(matches!(again, Err(Error::Stopped(_))), "{kind:?}");
        }
    }
}

#[test]
fn time_in_which_a_client_only_waits_does_not_count() {
    let limits = Limits { call_ticks: 3, ..Limits::default() };
    let engines = Engines::builder().ticks(Ticks::ByHand).limits(limits).build().expect("no cache");
    let compiled = engines.client(&component("client")).expect("it compiles");
    block_on(async {
        let mut client = compiled.instantiate(Arc::new(AtOnce), |_| {}).await.expect("it instantiates");
        for _ in 0..20 {
            let verdict = client.run(async |caller| {
                (0..100).for_each(|_| engines.tick());
                tokio::task::yield_now().await;
                (0..100).for_each(|_| engines.tick());
                caller.quota_check(page(), CallOptions::default()).await
            });
            let verdict = verdict.await.expect("it waits").expect("no trap");
            assert_eq!(verdict.decision, Decision::Proceed);
        }
    });
}

#[test]
fn a_thousand_calls_at_once_go_through_one_instance_of_the_pool() {
    let pooled = Engines::builder().allocation(Allocation::Pooled { instances: 1 }).build().expect("no cache");
    let compiled = pooled.client(&component("client")).expect("it compiles");
    block_on(async {
        let enough = |config: &mut headroom_host::types::Config| config.burst = None;
        let mut client = compiled.instantiate(Arc::new(AtOnce), enough).await.expect("it instantiates");
        let full = compiled.instantiate(Arc::new(AtOnce), enough).await.map(drop).expect_err("there is one");
        assert!(matches!(full, Error::Full { .. }), "{full}");
        let ran = client.run(async |caller| {
            join_all((0..1_000).map(|_| caller.invoke_with_retry(page(), CallOptions::default()))).await
        });
        for outcome in ran.await.expect("no trap") {
            let outcome = outcome.expect("no trap");
            assert!(matches!(outcome.ending, Ending::Success(_)), "{outcome:?}");
        }
    });
}
