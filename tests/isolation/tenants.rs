//! Many tenants, some of them hostile: the others decide as if those were not there.

use crate::attacks::{ATTACKS, ending};
use crate::hostile::Hostile;
use crate::{NOON, by_hand};
use headroom_host::types::{Answer, CallOptions, Header, Operation, Request, Response};
use headroom_host::{Engines, Error, Planner, PlannerComponent, Step, Tenants};
use headroom_tests::component;
use proptest::prelude::*;
use std::sync::LazyLock;

/// The first two are good, the others attack.
const TENANTS: usize = 6;
const GOOD: usize = 2;

struct Compiled {
    engines: Engines,
    good: PlannerComponent,
    hostile: Vec<PlannerComponent>,
}

/// Their engines tick while somebody loops.
static TICKING: LazyLock<Compiled> = LazyLock::new(compile);
/// Theirs never do.
static STILL: LazyLock<Compiled> = LazyLock::new(compile);

fn compile() -> Compiled {
    let engines = by_hand();
    let good = engines.planner(&component("planner")).expect("it compiles");
    let hostile = ATTACKS.iter().map(|attack| {
        let bodies = &[(attack.function, attack.body)];
        engines.planner(&Hostile { bodies, ..Hostile::default() }.encode()).expect("it compiles")
    });
    let hostile = hostile.collect();
    Compiled { engines, good, hostile }
}

/// Something that a tenant does, this many milliseconds after what was done before it.
#[derive(Clone, Copy, Debug)]
struct Act {
    tenant: usize,
    what: u8,
    after_ms: u64,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = (0..TENANTS, 0..5_u8, 0..2_000_u64);
    prop::collection::vec(act.prop_map(|(tenant, what, after_ms)| Act { tenant, what, after_ms }), 1..60)
}

fn name(tenant: usize) -> String {
    format!("tenant-{tenant}")
}

/// One of a good tenant decides by few points and a rate, so that what was before it matters.
fn make(attacks: [usize; TENANTS]) -> Tenants {
    Tenants::new(TENANTS, move |name| {
        let tenant: usize = name.trim_start_matches("tenant-").parse().expect("a number");
        let planner = if tenant < GOOD { &TICKING.good } else { &TICKING.hostile[attacks[tenant]] };
        planner.instantiate(
            |config| {
                if tenant < GOOD {
                    config.quota = 40
                }
            },
            tenant as u64,
        )
    })
}

fn operation(tenant: usize) -> Operation {
    Operation::Rest(Request {
        tenant: name(tenant),
        method: "GET".to_owned(),
        path: "/wiki/rest/api/content/1".to_owned(),
        headers: Vec::new(),
        body: None,
    })
}

fn act(planner: &mut Planner, act: Act, now: u64) -> Result<String, Error> {
    let (operation, options) = (operation(act.tenant), CallOptions::default());
    if act.what == 0 {
        return planner.quota_check(&operation, &options, now).map(|verdict| format!("{verdict:?}"));
    }
    if act.what == 1 {
        return planner.save(now).map(|saved| format!("{saved:?}"));
    }
    let call = planner.begin(&operation, &options, now)?;
    let step = planner.next(call, now)?;
    if matches!(step, Step::Send(_)) {
        let refused = vec![Header { name: "Retry-After".to_owned(), value: "3".to_owned() }];
        let (status, headers) = if act.what == 2 { (429, refused) } else { (200, Vec::new()) };
        let answer = Answer::Response(Response { status, headers, body: Vec::new() });
        planner.on_response(call, &answer, now)?;
    }
    let then = planner.next(call, now)?;
    planner.end(call)?;
    Ok(format!("{step:?} {then:?}"))
}

/// What the good tenants were told, in order.
fn decisions(acts: &[Act], attacks: [usize; TENANTS], with_hostile: bool) -> Vec<String> {
    let mut tenants = make(attacks);
    let (mut now, mut told) = (NOON, Vec::new());
    for one in acts {
        now += one.after_ms;
        if one.tenant < GOOD {
            let planner = tenants.get(&name(one.tenant)).expect("there is room");
            told.push(act(planner, *one, now).expect("a good one does not stop"));
        } else if with_hostile {
            let attack = &ATTACKS[attacks[one.tenant]];
            let made = ending(&TICKING.engines, attack.kind_when_made(), || tenants.get(&name(one.tenant)));
            // One that stops when it is made is no planner at all.
            let Ok(planner) = made else { continue };
            ending(&TICKING.engines, Some(attack.kind), || {
                let stopped = planner.stopped().is_some();
                let error = (attack.ask)(planner).expect_err(attack.name);
                assert_eq!(matches!(error, Error::Stopped(_)), stopped, "{}: {error}", attack.name);
            });
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn good_tenants_decide_as_if_the_hostile_ones_were_not_there(
        acts in acts(),
        attacks in prop::array::uniform6(0..ATTACKS.len()),
    ) {
        prop_assert_eq!(decisions(&acts, attacks, true), decisions(&acts, attacks, false));
    }
}

#[test]
fn a_tenant_that_stopped_stays_so_until_it_is_restarted_with_what_was_saved() {
    let loops = ATTACKS.iter().position(|attack| attack.name == "traps").expect("there is one");
    let (mut healthy, good) = (false, &STILL.good);
    let mut tenants = Tenants::new(2, move |_| {
        let planner = if std::mem::replace(&mut healthy, true) { good } else { &STILL.hostile[loops] };
        planner.instantiate(|config| config.quota = 2, 1)
    });
    let check = |planner: &mut Planner| planner.quota_check(&operation(0), &CallOptions::default(), NOON);
    let mut spent = good.instantiate(|config| config.quota = 2, 1).expect("it instantiates");
    let call = spent.begin(&operation(0), &CallOptions::default(), NOON).expect("no trap");
    spent.next(call, NOON).expect("no trap");
    let (saved, want) = (spent.save(NOON).expect("no trap").bytes, check(&mut spent).expect("no trap"));

    assert!(matches!(check(tenants.get("a").expect("made")), Err(Error::Trap(_))));
    for _ in 0..3 {
        assert!(matches!(check(tenants.get("a").expect("there")), Err(Error::Stopped(_))));
    }
    assert_eq!(tenants.stopped(), ["a"]);
    let error = tenants.restart("a", Some(&saved[1..]), NOON).map(drop).expect_err("it is not whole");
    assert!(matches!(error, Error::State(_)), "{error}");
    assert_eq!(tenants.stopped(), ["a"], "as before");
    let restarted = tenants.restart("a", Some(&saved), NOON).expect("it is whole");
    assert_eq!(check(restarted).expect("no trap").decision, want.decision, "what was spent is spent");
    assert_eq!((tenants.stopped().len(), tenants.len()), (0, 1));
}

#[test]
fn there_are_no_more_tenants_than_allowed_and_an_evicted_one_makes_room() {
    let mut tenants = Tenants::new(2, |_| STILL.good.instantiate(|_| {}, 1));
    assert!(tenants.is_empty());
    for tenant in ["a", "b", "a"] {
        tenants.get(tenant).map(drop).expect("there is room");
    }
    for error in [tenants.get("c").map(drop), tenants.restart("c", None, NOON).map(drop)] {
        assert!(matches!(error, Err(Error::Full { .. })), "{error:?}");
    }
    tenants.restart("b", None, NOON).expect("one that is there needs no room");
    assert!(tenants.evict("a").is_some() && tenants.evict("a").is_none());
    tenants.get("c").map(drop).expect("there is room again");
    assert_eq!(tenants.len(), 2);
}
