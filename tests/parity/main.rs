//! Native core, planner component, client component and the limiter over a planner decide alike: the same trace, byte for
//! byte.
//!
//! | module | holds |
//! | --- | --- |
//! | `answers` | every answer of the vectors, fed to all three |
//! | `drive` | one call on the core or in a planner |
//! | `in_limiter` | the handle for services as a client of the simulator |
//! | `embed` | one call in a client, in time that only passes while everybody waits |
//! | `fleet` | many nodes, clocks that are wrong, crashes, strangers |
//! | `spoken` | what the core says, in the words of the WIT |

mod answers;
mod drive;
mod embed;
mod fleet;
mod in_limiter;
mod spoken;

use headroom_host::PlannerComponent;
use headroom_host::harness::Harness;
use headroom_sim::run::node_seed;
use headroom_sim::strategy::Strategy;
use headroom_sim::{Scenario, run};
use headroom_tests::{InPlanner, Native, Recording, component, limiter_seed, root};
use in_limiter::InLimiter;

const SEEDS: [u64; 3] = [1, 2, 20_261_121];

/// Scenarios that make the limiter do all it can: walls, bursts that are tighter than it was told, deferrals,
/// all three invocation profiles. Each is a golden case too.
fn corpus() -> Vec<Scenario> {
    let goldens = std::fs::read_dir(root().join("tests/goldens")).expect("the goldens are in the repository");
    let mut cases: Vec<_> = goldens.map(|case| case.expect("the folder can be read").path()).collect();
    cases.sort();
    let parse = |case: std::path::PathBuf| {
        let text = std::fs::read_to_string(case.join("scenario.toml")).expect("each case has a scenario");
        Scenario::parse(&case.to_string_lossy(), &text).ok()
    };
    cases.into_iter().filter_map(parse).collect()
}

fn native(scenario: &Scenario, seed: u64) -> String {
    let trace = Recording::default();
    let mut make = |node| -> Box<dyn Strategy> { Box::new(Native::new(scenario, "headroom", seed, node)) };
    run(scenario, &mut make, seed, Some(trace.sink())).expect("the run ends");
    trace.text()
}

fn client(scenario: &Scenario, harness: &Harness, seed: u64) -> String {
    let trace = Recording::default();
    harness.run(scenario, seed, Some(trace.sink())).expect("the run ends");
    trace.text()
}

fn planner(scenario: &Scenario, component: &PlannerComponent, seed: u64) -> String {
    let trace = Recording::default();
    let mut make = |node| -> Box<dyn Strategy> {
        let client = InPlanner::new(component, scenario, node_seed(seed, node));
        Box::new(client.expect("the planner instantiates"))
    };
    run(scenario, &mut make, seed, Some(trace.sink())).expect("the run ends");
    trace.text()
}

fn limiter(scenario: &Scenario, component: &PlannerComponent, seed: u64) -> String {
    let trace = Recording::default();
    let mut make = |node| -> Box<dyn Strategy> {
        Box::new(InLimiter::new(component, scenario, limiter_seed(node_seed(seed, node))))
    };
    run(scenario, &mut make, seed, Some(trace.sink())).expect("the run ends");
    trace.text()
}

/// Where two traces part, with some lines before it: a diff of megabytes helps nobody.
fn assert_same(one: &str, other: &str, what: &str) {
    if one == other {
        return;
    }
    let (ones, others): (Vec<_>, Vec<_>) = (one.lines().collect(), other.lines().collect());
    let at = (0..).find(|at| ones.get(*at) != others.get(*at)).unwrap_or_default();
    let before = &ones[at.saturating_sub(8)..at.min(ones.len())];
    panic!("{what}, line {at}:\n{}\n  {:?}\n  {:?}", before.join("\n"), ones.get(at), others.get(at));
}

/// Runs each scenario in all ways, with each of these seeds.
fn assert_alike(scenarios: &[Scenario], seeds: &[u64]) {
    let harness = Harness::new(&component("client")).expect("the client compiles");
    let planners = ["planner", "planner-fast"]
        .map(|name| (name, PlannerComponent::new(&component(name)).expect("the planner compiles")));
    for scenario in scenarios {
        for &seed in seeds {
            let want = native(scenario, seed);
            let what = format!("scenario {}, seed {seed}", scenario.name);
            assert_same(&want, &client(scenario, &harness, seed), &format!("client, {what}"));
            for (name, compiled) in &planners {
                assert_same(&want, &planner(scenario, compiled, seed), &format!("{name}, {what}"));
            }
            let [(_, compiled), _] = &planners;
            assert_same(&want, &limiter(scenario, compiled, seed), &format!("limiter, {what}"));
        }
    }
}

#[test]
fn native_core_and_all_components_give_the_same_trace() {
    let scenarios = corpus();
    assert!(scenarios.len() >= 6, "the corpus has shrunk to {}", scenarios.len());
    assert_alike(&scenarios, &SEEDS);
}

fn builtin(name: &str) -> Scenario {
    Scenario::builtin(name).expect("it is built in")
}

#[test]
fn the_built_in_scenarios_give_the_same_trace_too() {
    let names = ["page-sync", "rush", "permissions-audit", "svg-macro", "hot-dashboard", "graphql-report"];
    assert_alike(&names.map(builtin), &SEEDS);
}

/// Those of which a run takes a second or so in each way, and once. `bad-day` is not among them: its clocks are set, which
/// the component does not see.
#[test]
fn the_longer_built_in_scenarios_give_the_same_trace_once() {
    let names = ["compromised-user", "pipelines", "pipelines-webhooks", "tier-change"];
    let variants = builtin("svg-macro").variants().into_iter().map(|(_, variant)| variant).collect();
    assert_alike(&[names.map(builtin).to_vec(), variants].concat(), &SEEDS[..1]);
}

#[test]
fn another_seed_is_another_trace() {
    let scenario = Scenario::builtin("rush").expect("it is built in");
    assert_ne!(native(&scenario, 1), native(&scenario, 2));
}
