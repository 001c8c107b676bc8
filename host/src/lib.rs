#![allow(missing_docs)]
pub mod bindings;
