//! Finds the components for the feature `bundled`. Without it, does nothing.

use std::path::{Path, PathBuf};

/// The directory with the components, if it is not the workspace's.
const DIRECTORY: &str = "HEADROOM_COMPONENTS";

fn main() {
    println!("cargo::rerun-if-env-changed={DIRECTORY}");
    if std::env::var_os("CARGO_FEATURE_BUNDLED").is_none() {
        return;
    }
    // A process that carries it with it has no need of the small planner.
    for (world, name) in [("PLANNER", "headroom-planner-fast.wasm"), ("CLIENT", "headroom-client.wasm")] {
        let Some(path) = directories().into_iter().map(|directory| directory.join(name)).find(|path| path.is_file())
        else {
            println!(
                "cargo::error=the feature `bundled` needs `{name}`: run `cargo xtask build-guest`, or name the \
                 directory that has it in {DIRECTORY}"
            );
            continue;
        };
        println!("cargo::rerun-if-changed={}", path.display());
        println!("cargo::rustc-env=HEADROOM_BUNDLED_{world}={}", path.display());
    }
}

/// The one that was named, or `components` in the target directory, which is some levels above that of this program.
fn directories() -> Vec<PathBuf> {
    if let Some(named) = std::env::var_os(DIRECTORY) {
        return vec![named.into()];
    }
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    Path::new(&out).ancestors().skip(1).take(5).map(|above| above.join("components")).collect()
}
