//! From bytes to a component of the right world.

use crate::error::{Error, first_line};
use crate::limits::{Exceeded, Limits, Resource};
use std::path::Path;
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

/// The version of `wit/` that the bindings were made of.
const VERSION: &str = "0.1.0";

/// What tells a component of a world from others: the interface it exports.
pub(crate) struct World {
    pub(crate) name: &'static str,
    /// With its package, without the version.
    pub(crate) export: &'static str,
}

/// How a component came to be machine code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// It was compiled. With a cache, the result is there now.
    Compiled,
    /// It came from the cache.
    Cached,
    /// It was compiled because what the cache had could not be used, and was replaced.
    Replaced {
        /// What was wrong with it.
        because: String,
    },
}

/// The bytes of a component's file.
///
/// # Errors
/// [`Error::File`] if it cannot be read.
pub fn read_component(path: impl AsRef<Path>) -> Result<Vec<u8>, Error> {
    let path = path.as_ref();
    std::fs::read(path).map_err(|error| Error::of_file(path, error, "build one with `cargo xtask build-guest`"))
}

/// Compiles `bytes`.
pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, Error> {
    if let Some(because) = obviously_not(bytes) {
        return Err(Error::NotAComponent { because });
    }
    Component::from_binary(engine, bytes).map_err(|error| Error::NotAComponent { because: first_line(&error) })
}

/// Checks that a component is of `world` and can begin within `limits`.
pub(crate) fn check(component: &Component, world: &World, limits: &Limits) -> Result<(), Error> {
    let engine = component.engine();
    let found: Vec<_> = component
        .component_type()
        .exports(engine)
        .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentInstance(_)))
        .map(|(name, _)| name.to_owned())
        .collect();
    let versions: Vec<_> = found.iter().filter_map(|name| name.strip_prefix(world.export)?.strip_prefix('@')).collect();
    if !versions.contains(&VERSION) {
        return Err(match versions.first() {
            Some(version) => Error::OtherVersion { wanted: VERSION, found: (*version).to_owned() },
            None => Error::OtherWorld { wanted: world.name, found },
        });
    }
    fits(component, limits).map_err(Error::TooBig)
}

/// Bytes of a page of WebAssembly's memory.
const PAGE: usize = 1 << 16;

fn fits(component: &Component, limits: &Limits) -> Result<(), Exceeded> {
    // None is said of components that import modules; linking refuses those.
    let Some(needs) = component.resources_required() else { return Ok(()) };
    let size = |size: Option<u64>| usize::try_from(size.unwrap_or(0)).unwrap_or(usize::MAX);
    let bytes = size(needs.max_initial_memory_size).saturating_mul(PAGE);
    Exceeded::check(Resource::MemoryBytes, bytes, limits.memory_bytes)?;
    Exceeded::check(Resource::TableElements, size(needs.max_initial_table_size), limits.table_elements)?;
    Exceeded::check(Resource::Memories, needs.num_memories as usize, limits.memories)?;
    Exceeded::check(Resource::Tables, needs.num_tables as usize, limits.tables)
}

/// Files that people mistake for a component, told apart by their first eight bytes.
fn obviously_not(bytes: &[u8]) -> Option<String> {
    const MAGIC: &[u8] = b"\0asm";
    const CORE_MODULE: &[u8] = &[1, 0, 0, 0];
    match (bytes.get(..4), bytes.get(4..8)) {
        (None, _) => Some(format!("only {} bytes", bytes.len())),
        (Some(magic), _) if magic != MAGIC => Some("it does not begin as WebAssembly does".to_owned()),
        (_, Some(CORE_MODULE)) => Some("it is a core module, not yet encoded as a component".to_owned()),
        (_, None) => Some("it ends within its first eight bytes".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_component_is_told_apart() {
        let engine = Engine::default();
        for (bytes, want) in [
            (&b""[..], "only 0 bytes"),
            (b"#!/bin/sh\n", "it does not begin as WebAssembly does"),
            (b"\0asm\x01\0\0\0", "it is a core module"),
            (b"\0asm\x0d\0", "it ends within"),
        ] {
            let error = compile(&engine, bytes).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
        let truncated = compile(&engine, b"\0asm\x0d\0\x01\0\x07\xff").unwrap_err();
        assert!(matches!(truncated, Error::NotAComponent { .. }), "{truncated}");
        let empty = compile(&engine, b"\0asm\x0d\0\x01\0").unwrap();
        let world = World { name: "planner", export: "headroom:forge/limiter" };
        let empty = check(&empty, &world, &Limits::default()).unwrap_err();
        assert!(matches!(empty, Error::OtherWorld { .. }), "{empty}");
    }
}
