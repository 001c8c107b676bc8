//! The components within `headroom-host`. Run by `cargo xtask test`, which turns the feature on.

use headroom_host::{ClientComponent, PlannerComponent, bundled};
use headroom_tests::component;

#[test]
fn the_bundled_components_are_those_that_were_built_and_they_run() {
    assert_eq!(bundled::PLANNER, component("planner-fast"));
    assert_eq!(bundled::CLIENT, component("client"));
    let planner = PlannerComponent::new(bundled::PLANNER).expect("it compiles");
    planner.instantiate(|_| {}, 1).map(drop).expect("it instantiates");
    ClientComponent::new(bundled::CLIENT).map(drop).expect("it compiles");
}
