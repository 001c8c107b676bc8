//! The cache of compiled components: what comes out of it is what was put in, or compiled anew.

use headroom_host::types::{CallOptions, Operation, Request};
use headroom_host::{Engines, Error, Origin, PlannerComponent};
use headroom_tests::component;
use proptest::prelude::*;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// 2026-02-02T12:00:00Z.
const NOON: u64 = 1_770_033_600_000;

static PLANNER: LazyLock<Vec<u8>> = LazyLock::new(|| component("planner"));

/// A file of the cache as it should be, and its name.
static WHOLE: LazyLock<(OsString, Vec<u8>)> = LazyLock::new(|| {
    let directory = directory();
    load(directory.path());
    let file = file(directory.path());
    (file.file_name().expect("a name").to_owned(), std::fs::read(&file).expect("it was written"))
});

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

/// As a process does that starts now.
fn load(directory: &Path) -> PlannerComponent {
    let engines = Engines::builder().cache(directory).build().expect("the directory can be used");
    engines.planner(&PLANNER).expect("it compiles")
}

/// The only file there is.
fn file(directory: &Path) -> PathBuf {
    let files: Vec<_> =
        std::fs::read_dir(directory).expect("a directory").map(|file| file.expect("a file").path()).collect();
    let [file] = files.as_slice() else { panic!("not one file: {files:?}") };
    file.clone()
}

fn answer(planner: &PlannerComponent) -> String {
    let page = Request {
        tenant: "docs".to_owned(),
        method: "GET".to_owned(),
        path: "/wiki/rest/api/content/1".to_owned(),
        headers: Vec::new(),
        body: None,
    };
    let mut planner = planner.instantiate(|_| {}, 1).expect("it instantiates");
    format!("{:?}", planner.quota_check(&Operation::Rest(page), &CallOptions::default(), NOON).expect("no trap"))
}

#[test]
fn the_second_process_takes_what_the_first_compiled_and_decides_alike() {
    let directory = directory();
    let below = directory.path().join("made/when/needed");
    let first = load(&below);
    assert_eq!(first.origin(), &Origin::Compiled);
    let second = load(&below);
    assert_eq!(second.origin(), &Origin::Cached);
    assert_eq!(answer(&first), answer(&second));
    assert_eq!(std::fs::read_dir(&below).expect("a directory").count(), 1, "nothing unfinished is left");
}

/// One file, damaged: of which nothing may be run.
#[derive(Clone, Debug)]
enum Damage {
    Flip { at: prop::sample::Index, bit: u8 },
    CutOff { at: prop::sample::Index },
    Longer(Vec<u8>),
    Other(Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        6 => (any::<prop::sample::Index>(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip { at, bit }),
        3 => any::<prop::sample::Index>().prop_map(|at| Damage::CutOff { at }),
        1 => prop::collection::vec(any::<u8>(), 1..100).prop_map(Damage::Longer),
        1 => prop::collection::vec(any::<u8>(), 0..100).prop_map(Damage::Other),
    ]
}

impl Damage {
    fn of(&self, whole: &[u8]) -> Vec<u8> {
        let mut file = whole.to_vec();
        match self {
            Self::Flip { at, bit } => file[at.index(whole.len())] ^= 1 << bit,
            Self::CutOff { at } => file.truncate(at.index(whole.len())),
            Self::Longer(more) => file.extend(more),
            Self::Other(other) => file.clone_from(other),
        }
        file
    }
}

fn check_replaced(damaged: &[u8]) {
    let (name, whole) = &*WHOLE;
    let directory = directory();
    let path = directory.path().join(name);
    std::fs::write(&path, damaged).expect("it can be written");
    let replaced = load(directory.path());
    assert!(
        matches!(replaced.origin(), Origin::Replaced { because } if !because.is_empty()),
        "{:?}",
        replaced.origin()
    );
    assert_eq!(std::fs::read(&path).expect("it is there"), *whole, "it was replaced");
    assert_eq!(load(directory.path()).origin(), &Origin::Cached);
}

proptest! {
    // Each compiles the component.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_file_that_is_not_as_it_was_written_is_compiled_anew_and_replaced(damage in damage()) {
        check_replaced(&damage.of(&WHOLE.1));
    }
}

#[test]
fn each_part_of_a_file_is_looked_at() {
    // The first line, the digest, the beginning of the code, its end.
    for at in [0, 16, 17, 48, 49, WHOLE.1.len() - 1] {
        let mut damaged = WHOLE.1.clone();
        damaged[at] ^= 1;
        check_replaced(&damaged);
    }
    for length in [0, 17, 20, 49] {
        check_replaced(&WHOLE.1[..length]);
    }
}

#[test]
fn a_file_of_another_component_is_not_taken_under_this_ones_name() {
    let (ours, other) = (directory(), directory());
    load(ours.path());
    let engines = Engines::builder().cache(other.path()).build().expect("the directory can be used");
    // Another component in its bytes, with the same world: a section of its own at the end says nothing.
    let bytes = [PLANNER.as_slice(), &[0, 2, 1, b'x']].concat();
    assert_eq!(engines.planner(&bytes).expect("it compiles").origin(), &Origin::Compiled);
    assert_ne!(file(ours.path()).file_name(), file(other.path()).file_name());
    std::fs::copy(file(other.path()), file(ours.path())).expect("it can be copied");
    assert!(matches!(load(ours.path()).origin(), Origin::Replaced { .. }));
}

#[test]
fn another_engine_does_not_take_what_was_compiled_for_this_one() {
    let directory = directory();
    load(directory.path());
    let silent = Engines::builder().ticks(headroom_host::Ticks::Off).cache(directory.path()).build();
    let silent = silent.expect("the directory can be used").planner(&PLANNER).expect("it compiles");
    assert_eq!(silent.origin(), &Origin::Compiled);
    assert_eq!(load(directory.path()).origin(), &Origin::Cached);
}

#[test]
fn processes_that_race_for_one_file_all_get_the_component() {
    let directory = directory();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..4).map(|_| scope.spawn(|| answer(&load(directory.path())))).collect();
        racers.into_iter().map(|racer| racer.join().expect("no panic")).collect()
    });
    assert!(answers.windows(2).all(|two| two[0] == two[1]));
    assert_eq!(std::fs::read(file(directory.path())).expect("one file"), WHOLE.1);
}

#[test]
fn a_directory_that_cannot_be_used_is_an_error_that_names_it() {
    let directory = directory();
    let in_the_way = directory.path().join("in-the-way");
    std::fs::write(&in_the_way, "a file").expect("it can be written");
    let below = in_the_way.join("cache");
    let error = Engines::builder().cache(&below).build().map(drop).expect_err("a file is in the way");
    assert!(matches!(&error, Error::File { path, .. } if path == &below), "{error}");

    let gone = directory.path().join("gone");
    let engines = Engines::builder().cache(&gone).build().expect("it is made");
    std::fs::remove_dir(&gone).expect("it is empty");
    let error = engines.planner(&PLANNER).map(drop).expect_err("nothing can be written there");
    assert!(matches!(&error, Error::File { .. }) && error.to_string().contains("gone"), "{error}");
}
