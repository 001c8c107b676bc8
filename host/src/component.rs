//! From bytes to a component of the right world, once for each process and engine.

use crate::error::{Error, first_line};
use once_cell::sync::OnceCell;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;
use wasmtime::{Config, Engine};

/// The engine that all components of this process share, so that each is compiled for it once.
///
/// # Errors
/// [`Error::Engine`] on a machine that wasmtime does not support.
pub fn engine() -> Result<&'static Engine, Error> {
    static ENGINE: OnceCell<Engine> = OnceCell::new();
    ENGINE.get_or_try_init(|| {
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        // Mappings of a process are few (65,530 on Linux), and an instance without a copy-on-write image needs one or two less.
        config.memory_init_cow(false);
        Engine::new(&config).map_err(Error::Engine)
    })
}

/// What tells a component of a world from others: the interface it exports.
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) export: &'static str,
}

/// Compiles `bytes` and checks that they are of `world`.
pub(crate) fn compile(engine: &Engine, bytes: &[u8], world: &World) -> Result<Component, Error> {
    if let Some(because) = obviously_not(bytes) {
        return Err(Error::NotAComponent { because });
    }
    let component =
        Component::from_binary(engine, bytes).map_err(|error| Error::NotAComponent { because: first_line(&error) })?;
    let found: Vec<_> = component
        .component_type()
        .exports(engine)
        .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentInstance(_)))
        .map(|(name, _)| name.to_owned())
        .collect();
    if found.iter().any(|name| name == world.export) {
        return Ok(component);
    }
    Err(Error::OtherWorld { wanted: world.name, found })
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
        let world = World { name: "planner", export: "headroom:forge/limiter@0.1.0" };
        for (bytes, want) in [
            (&b""[..], "only 0 bytes"),
            (b"#!/bin/sh\n", "it does not begin as WebAssembly does"),
            (b"\0asm\x01\0\0\0", "it is a core module"),
            (b"\0asm\x0d\0", "it ends within"),
        ] {
            let error = compile(engine().unwrap(), bytes, &world).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
        let truncated = compile(engine().unwrap(), b"\0asm\x0d\0\x01\0\x07\xff", &world).unwrap_err();
        assert!(matches!(truncated, Error::NotAComponent { .. }), "{truncated}");
        let empty = compile(engine().unwrap(), b"\0asm\x0d\0\x01\0", &world).unwrap_err();
        assert!(matches!(empty, Error::OtherWorld { .. }), "{empty}");
    }
}
