//! The components as binaries: what they import, what they weigh, what they give away.

use headroom_tests::{component, root};
use std::collections::BTreeSet;
use wit_component::{DecodedWasm, decode};
use wit_parser::{Resolve, World, WorldItem, WorldKey};

fn world(component: &[u8]) -> (Resolve, World) {
    match decode(component).expect("the build encodes components") {
        DecodedWasm::Component(resolve, world) => {
            let world = resolve.worlds[world].clone();
            (resolve, world)
        }
        DecodedWasm::WitPackage(..) => panic!("a package of interfaces, not a component"),
    }
}

fn names<'a>(resolve: &Resolve, items: impl IntoIterator<Item = (&'a WorldKey, &'a WorldItem)>) -> Vec<String> {
    items.into_iter().map(|(key, _)| resolve.name_world_key(key)).collect()
}

#[test]
fn the_planner_imports_nothing_but_types() {
    for name in ["planner", "planner-fast"] {
        imports_nothing_but_types(&component(name));
    }
}

fn imports_nothing_but_types(component: &[u8]) {
    let (resolve, world) = world(component);
    assert_eq!(names(&resolve, &world.imports), ["headroom:forge/types@0.1.0"]);
    for item in world.imports.values() {
        let WorldItem::Interface { id, .. } = item else {
            panic!("imports something else than an interface: {item:?}")
        };
        let functions: Vec<_> = resolve.interfaces[*id].functions.keys().collect();
        assert!(functions.is_empty(), "imports the functions {functions:?}");
    }
    assert_eq!(names(&resolve, &world.exports), ["headroom:forge/limiter@0.1.0"]);
}

#[test]
fn the_client_imports_its_transport_clocks_and_randomness_and_nothing_else() {
    let (resolve, world) = world(&component("client"));
    let imports = names(&resolve, &world.imports);
    let without_version = |name: &String| name.split('@').next().unwrap_or_default().to_owned();
    let mut found: Vec<_> = imports.iter().map(without_version).collect();
    found.sort_unstable();
    let want = [
        "headroom:forge/transport",
        "headroom:forge/types",
        "wasi:clocks/monotonic-clock",
        "wasi:clocks/system-clock",
        "wasi:clocks/types",
        "wasi:random/random",
    ];
    assert_eq!(found, want);
    assert_eq!(names(&resolve, &world.exports), ["headroom:forge/retry@0.1.0"]);
}

#[test]
fn the_planner_weighs_at_most_250_kib_and_the_client_at_most_400() {
    for (name, most_kib) in [("planner", 250), ("client", 400)] {
        let size = component(name).len();
        assert!(size <= most_kib * 1024, "{name}: {size} bytes are more than {most_kib} KiB");
    }
}

#[test]
fn the_components_do_not_name_the_machine_that_built_them() {
    let home = std::env::var("HOME").unwrap_or_default();
    let folders = [root().to_string_lossy().into_owned(), home, "/.cargo/registry".to_owned()];
    for world in ["planner", "client", "planner-fast"] {
        let text = String::from_utf8_lossy(&component(world)).into_owned();
        for folder in folders.iter().filter(|folder| folder.len() > 1) {
            assert!(!text.contains(folder.as_str()), "{world} holds the path `{folder}`");
        }
    }
}

#[test]
fn each_function_of_the_components_is_one_that_the_wit_declares() {
    let mut declared = Resolve::default();
    let (package, _) = declared.push_dir(root().join("wit")).expect("the WIT parses");
    for (name, interface) in [("planner", "limiter"), ("client", "retry"), ("planner-fast", "limiter")] {
        let (resolve, world) = world(&component(name));
        let exported = world.exports.values().find_map(|item| match item {
            WorldItem::Interface { id, .. } => Some(&resolve.interfaces[*id]),
            _ => None,
        });
        let exported: BTreeSet<_> = exported.expect("it exports an interface").functions.keys().collect();
        let wanted = &declared.interfaces[declared.packages[package].interfaces[interface]];
        assert_eq!(exported, wanted.functions.keys().collect::<BTreeSet<_>>(), "{name}");
    }
}
