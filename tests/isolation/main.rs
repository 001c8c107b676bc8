//! Components that loop, grow, trap, lie or are others: each is a typed error for who asked it, and for nobody else.

mod attacks;
mod clients;
mod hostile;
mod tenants;

use attacks::{ATTACKS, Kind, ending};
use headroom_host::types::{CallOptions, Operation, Request};
use headroom_host::{
    Allocation, Cause, Engines, Error, Exceeded, Guard, Limits, PlannerComponent, Resource, Ticks, read_component,
};
use headroom_tests::{component, component_path};
use hostile::Hostile;
use wasmtime::{Engine, Store};

/// 2026-02-02T12:00:00Z.
const NOON: u64 = 1_770_033_600_000;

fn page() -> Operation {
    page_of("docs")
}

fn page_of(tenant: &str) -> Operation {
    Operation::Rest(Request {
        tenant: tenant.to_owned(),
        method: "GET".to_owned(),
        path: "/wiki/rest/api/content/1".to_owned(),
        headers: Vec::new(),
        body: None,
    })
}

/// Nothing ticks unless a test does it.
fn by_hand() -> Engines {
    Engines::builder().ticks(Ticks::ByHand).build().expect("no cache that could fail")
}

#[test]
fn whatever_a_guest_does_is_one_typed_error_and_then_the_end_of_its_instance_alone() {
    let engines = by_hand();
    let healthy = engines.planner(&component("planner")).expect("it compiles");
    let mut healthy = healthy.instantiate(|_| {}, 1).expect("it instantiates");
    let want = healthy.quota_check(&page(), &CallOptions::default(), NOON).expect("no trap");
    for attack in ATTACKS {
        let bodies = &[(attack.function, attack.body)];
        let hostile = engines.planner(&Hostile { bodies, ..Hostile::default() }.encode()).expect("it compiles");
        let made = ending(&engines, attack.kind_when_made(), || hostile.instantiate(|_| {}, 1));
        let cause = match made {
            Err(Error::Trap(cause)) => cause,
            Err(other) => panic!("{}: {other}", attack.name),
            Ok(mut planner) => {
                let first = ending(&engines, Some(attack.kind), || (attack.ask)(&mut planner)).expect_err(attack.name);
                let Error::Trap(cause) = first else { panic!("{}: {first}", attack.name) };
                let again = planner.quota_check(&page(), &CallOptions::default(), NOON).expect_err(attack.name);
                let Error::Stopped(first) = again else { panic!("{}: {again}", attack.name) };
                assert_eq!(Kind::of(&first), attack.kind, "{}: {first}", attack.name);
                assert_eq!(planner.stopped().map(Kind::of), Some(attack.kind), "{}", attack.name);
                cause
            }
        };
        assert_eq!(Kind::of(&cause), attack.kind, "{}: {cause}", attack.name);
        assert!(!cause.to_string().contains('\n'), "{}: {cause}", attack.name);
        assert_eq!(healthy.quota_check(&page(), &CallOptions::default(), NOON).expect("no trap"), want);
    }
}

#[test]
fn a_guest_that_wants_more_memory_than_it_may_have_is_told_which_bound_it_met() {
    let grows = "(drop (memory.grow (i32.const 9))) (i32.const 1024)";
    let limits = Limits { memory_bytes: 9 << 16, ..Limits::default() };
    let engines = Engines::builder().limits(limits).build().expect("no cache");
    let bodies = &[("[method]limiter.quota-check", grows)];
    let compiled = engines.planner(&Hostile { bodies, ..Hostile::default() }.encode()).expect("it compiles");
    let mut planner = compiled.instantiate(|_| {}, 1).expect("a page is less than nine");
    let error = planner.quota_check(&page(), &CallOptions::default(), NOON).expect_err("ten are more");
    let want = Exceeded { resource: Resource::MemoryBytes, wanted: 10 << 16, most: 9 << 16 };
    assert!(matches!(error, Error::Trap(Cause::TooMuch(exceeded)) if exceeded == want), "{error}");
    let text =
        "the component stopped: it asked for `655360` bytes of memory and may have `589824` (`Limits::memory_bytes`)";
    assert_eq!(error.to_string(), text);

    let one_less = &[("[method]limiter.quota-check", "(drop (memory.grow (i32.const 8))) (i32.const 1024)")];
    let compiled = engines.planner(&Hostile { bodies: one_less, ..Hostile::default() }.encode()).expect("it compiles");
    let mut planner = compiled.instantiate(|_| {}, 1).expect("it instantiates");
    planner.quota_check(&page(), &CallOptions::default(), NOON).expect("nine pages are nine pages");

    let large = Hostile { pages: 10, ..Hostile::default() }.encode();
    let error = engines.planner(&large).map(drop).expect_err("it begins with ten");
    assert!(matches!(error, Error::TooBig(exceeded) if exceeded == want), "{error}");
}

#[test]
fn a_limiter_that_learns_of_too_many_tenants_for_its_memory_stops_and_its_neighbour_goes_on() {
    let compiled = PlannerComponent::new(&component("planner")).expect("it compiles");
    let begins_with = compiled.component().resources_required().and_then(|needs| needs.max_initial_memory_size);
    let pages = usize::try_from(begins_with.expect("it has a memory")).expect("few");
    let small = Limits { memory_bytes: (pages + 4) << 16, ..Limits::default() };
    let [mut small, mut roomy] = [compiled.with_limits(small).expect("it fits"), compiled.clone()]
        .map(|compiled| compiled.instantiate(|config| config.max_calls = 1_000_000, 1).expect("it instantiates"));
    for n in 0..100_000 {
        let operation = page_of(&format!("tenant-{n}"));
        roomy.begin(&operation, &CallOptions::default(), NOON).map(drop).expect("there is room");
        let Err(error) = small.begin(&operation, &CallOptions::default(), NOON) else { continue };
        let Error::Trap(Cause::TooMuch(exceeded)) = error else { panic!("{error}") };
        assert_eq!((exceeded.resource, exceeded.most), (Resource::MemoryBytes, (pages + 4) << 16));
        return roomy.save(NOON).map(drop).expect("it goes on");
    }
    panic!("all tenants are in a quarter of a megabyte");
}

#[test]
fn a_component_with_more_parts_than_it_may_have_is_refused_before_there_is_an_instance() {
    let bytes = component("planner");
    let refused = |limits| {
        let engines = Engines::builder().limits(limits).build().expect("no cache");
        engines.planner(&bytes).and_then(|planner| planner.instantiate(|_| {}, 1)).map(drop).expect_err("no room")
    };
    for (limits, resource) in [
        (Limits { memories: 0, ..Limits::default() }, Resource::Memories),
        (Limits { tables: 0, ..Limits::default() }, Resource::Tables),
        (Limits { table_elements: 0, ..Limits::default() }, Resource::TableElements),
    ] {
        let error = refused(limits);
        assert!(matches!(error, Error::TooBig(exceeded) if exceeded.resource == resource), "{error}");
    }
    let error = refused(Limits { instances: 0, ..Limits::default() });
    assert!(matches!(error, Error::Instantiate(_)), "{error}");
}

#[test]
fn open_calls_are_bounded_and_one_more_stops_the_instance() {
    let engines = Engines::builder().limits(Limits { handles: 12, ..Limits::default() }).build().expect("no cache");
    let compiled = engines.planner(&component("planner")).expect("it compiles");
    let mut planner = compiled.instantiate(|_| {}, 1).expect("it instantiates");
    let begun = (0..20).map(|_| planner.begin(&page(), &CallOptions::default(), NOON));
    let begun: Vec<_> = begun.collect();
    let open = begun.iter().take_while(|call| call.is_ok()).count();
    assert!((1..12).contains(&open), "{open} calls are open");
    assert!(matches!(begun[open], Err(Error::Trap(_))), "{:?}", begun[open]);
    assert!(begun[open + 1..].iter().all(|call| matches!(call, Err(Error::Stopped(_)))));
}

#[test]
fn a_thread_of_its_own_ends_a_guest_that_loops() {
    let period = std::time::Duration::from_micros(100);
    let limits = Limits { call_ticks: 2, ..Limits::default() };
    let engines = Engines::builder().ticks(Ticks::Every(period)).limits(limits).build().expect("no cache");
    let bodies = &[("[method]limiter.status", "(loop (br 0)) (unreachable)")];
    let compiled = engines.planner(&Hostile { bodies, ..Hostile::default() }.encode()).expect("it compiles");
    // On a busy machine making it may take two ticks as well.
    let error = match compiled.instantiate(|_| {}, 1) {
        Ok(mut planner) => planner.status(NOON).map(drop).expect_err("it loops"),
        Err(error) => error,
    };
    assert!(matches!(error, Error::Trap(Cause::TooSlow)), "{error}");
}

#[test]
fn a_component_of_another_version_says_which_it_has_and_which_is_wanted() {
    for version in ["0.0.9", "0.2.0"] {
        let other = Hostile { version, ..Hostile::default() }.encode();
        let error = PlannerComponent::new(&other).map(drop).expect_err("another version");
        assert!(matches!(&error, Error::OtherVersion { wanted: "0.1.0", found } if found == version), "{error}");
        let text = error.to_string();
        assert!(text.contains(&format!("`headroom:forge@{version}`")) && text.contains("`0.1.0`"), "{text}");
    }
}

#[test]
fn a_component_of_another_world_or_with_an_import_is_refused_with_its_name() {
    let other = Hostile { world: "export strange;", ..Hostile::default() }.encode();
    let error = PlannerComponent::new(&other).map(drop).expect_err("another world");
    assert!(matches!(&error, Error::OtherWorld { found, .. } if found == &["headroom:forge/strange@0.1.0"]), "{error}");
    let world = "import network: interface { connect: func(host: string); } export limiter;";
    let error = PlannerComponent::new(&Hostile { world, ..Hostile::default() }.encode()).map(drop);
    let error = error.expect_err("it imports");
    let text = error.to_string();
    assert!(matches!(error, Error::Link(_)) && text.contains("`network`") && !text.contains('\n'), "{text}");
}

#[test]
fn a_call_that_was_ended_or_is_anothers_is_an_error_and_the_instance_goes_on() {
    let compiled = PlannerComponent::new(&component("planner")).expect("it compiles");
    let [mut one, mut other] = [1, 2].map(|seed| compiled.instantiate(|_| {}, seed).expect("it instantiates"));
    let ended = one.begin(&page(), &CallOptions::default(), NOON).expect("no trap");
    one.end(ended).expect("it is open");
    let (open, of_one) =
        (other.begin(&page(), &CallOptions::default(), NOON), one.begin(&page(), &CallOptions::default(), NOON));
    let (open, of_one) = (open.expect("no trap"), of_one.expect("no trap"));
    for error in
        [one.end(ended), one.next(ended, NOON).map(drop), other.end(of_one), other.next(of_one, NOON).map(drop)]
    {
        assert!(matches!(error, Err(Error::NoSuchCall)), "{error:?}");
    }
    one.next(of_one, NOON).expect("it goes on");
    other.next(open, NOON).expect("it goes on");
}

#[test]
fn one_more_instance_than_the_pool_has_is_an_error_and_a_dropped_one_makes_room() {
    let pooled = Engines::builder().allocation(Allocation::Pooled { instances: 2 }).build().expect("no cache");
    let compiled = pooled.planner(&component("planner")).expect("it compiles");
    let first = compiled.instantiate(|_| {}, 1).expect("there is room");
    let mut second = compiled.instantiate(|_| {}, 1).expect("there is room");
    let error = compiled.instantiate(|_| {}, 1).map(drop).expect_err("there is none");
    assert!(matches!(error, Error::Full { .. }), "{error}");
    drop(first);
    let mut third = compiled.instantiate(|_| {}, 1).expect("there is room again");
    let checks = [&mut second, &mut third].map(|planner| planner.quota_check(&page(), &CallOptions::default(), NOON));
    let [second, third] = checks.map(|verdict| verdict.expect("no trap"));
    assert_eq!(second, third, "a slot that was used before is as new");
}

#[test]
fn an_engine_and_a_store_of_ones_own_do() {
    let engines = Engines::builder().engine(Engine::default()).build().expect("no cache");
    let compiled = engines.planner(&component("planner")).expect("it compiles");
    struct Own {
        name: &'static str,
        guard: Guard,
    }
    let compiled = compiled.for_stores_of::<Own>().expect("it imports nothing of them either");
    let small = Limits { memory_bytes: 1 << 16, ..Limits::default() };
    let store = |limits| {
        let mut store = Store::new(compiled.engine(), Own { name: "mine", guard: Guard::new(limits) });
        store.limiter(|own| &mut own.guard);
        store
    };
    let mut planner = compiled.instantiate_in(store(Limits::default()), |_| {}, 1).expect("it instantiates");
    planner.quota_check(&page(), &CallOptions::default(), NOON).expect("no trap");
    assert_eq!(planner.data().name, "mine");
    let error = compiled.instantiate_in(store(small), |_| {}, 1).map(drop).expect_err("a page is too little");
    assert!(matches!(error, Error::Trap(Cause::TooMuch(_))), "{error}");
    let other = Store::new(&Engine::default(), Own { name: "other", guard: Guard::new(small) });
    let error = compiled.instantiate_in(other, |_| {}, 1).map(drop).expect_err("another engine");
    assert!(matches!(error, Error::OtherEngine), "{error}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let path = component_path("planner");
    assert_eq!(read_component(&path).expect("it is there"), component("planner"));
    let missing = path.with_extension("missing");
    let error = PlannerComponent::from_file(&missing).map(drop).expect_err("it is not there");
    assert!(matches!(&error, Error::File { path, .. } if path == &missing), "{error}");
    assert!(error.to_string().contains(&format!("`{}`", missing.display())), "{error}");
}
