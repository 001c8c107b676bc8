//! What an instance may take of the machine, and what keeps it to that.

use std::fmt;
use wasmtime::ResourceLimiter;

/// The bounds of one instance. An instance that runs into one of them stops; the others go on.
///
/// | bound | default | why so much |
/// | --- | --- | --- |
/// | [`memory_bytes`](Self::memory_bytes) | 256 MiB | 100,000 tenants are 40 MB, and twice that while a table grows |
/// | [`table_elements`](Self::table_elements) | 10,000 | the components have fewer than 50, and none grows |
/// | [`memories`](Self::memories) | 1 | as the components have |
/// | [`tables`](Self::tables) | 4 | the components have two |
/// | [`instances`](Self::instances) | 16 | core modules within a component; the planner has 3 |
/// | [`handles`](Self::handles) | 1,000,000 | with wasmtime's own 100,000, some 58,000 calls that wait are the end |
/// | [`call_ticks`](Self::call_ticks) | 100 | a second at a tick each 10 ms; a call takes microseconds |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a linear memory.
    pub memory_bytes: usize,
    /// Elements of a table.
    pub table_elements: usize,
    /// Linear memories.
    pub memories: usize,
    /// Tables.
    pub tables: usize,
    /// Instances of core modules.
    pub instances: usize,
    /// Handles of resources and tasks. Each open call has some.
    pub handles: usize,
    /// Ticks of the engine's epoch that a call of the planner may see, or the client between two waits. The call ends
    /// between the last of them and the one before. Without effect on an engine that does not tick.
    pub call_ticks: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 256 << 20,
            table_elements: 10_000,
            memories: 1,
            tables: 4,
            instances: 16,
            handles: 1_000_000,
            call_ticks: 100,
        }
    }
}

/// What there was too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource {
    /// Bytes of a linear memory.
    MemoryBytes,
    /// Elements of a table.
    TableElements,
    /// Linear memories.
    Memories,
    /// Tables.
    Tables,
}

/// A bound of [`Limits`] that a component ran into, in the unit of its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// What was asked for.
    pub resource: Resource,
    /// How much of it.
    pub wanted: usize,
    /// How much there may be.
    pub most: usize,
}

impl Exceeded {
    /// Says so if `wanted` is more than `most`.
    pub(crate) fn check(resource: Resource, wanted: usize, most: usize) -> Result<(), Self> {
        if wanted > most { Err(Self { resource, wanted, most }) } else { Ok(()) }
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, wanted, most } = self;
        let (what, field) = match resource {
            Resource::MemoryBytes => ("bytes of memory", "memory_bytes"),
            Resource::TableElements => ("elements of a table", "table_elements"),
            Resource::Memories => ("memories", "memories"),
            Resource::Tables => ("tables", "tables"),
        };
        write!(f, "it asked for `{wanted}` {what} and may have `{most}` (`Limits::{field}`)")
    }
}

impl std::error::Error for Exceeded {}

/// Keeps the instances of a store to their [`Limits`]. For a store of your own, put one into its data:
/// `store.limiter(|data| &mut data.guard)`.
///
/// What would grow too far traps, so that whoever asks learns the bound; a guest would only see that its memory did not
/// grow, and could not say why.
#[derive(Clone, Debug)]
pub struct Guard(Limits);

impl Guard {
    /// One that keeps to `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self(limits)
    }
}

impl ResourceLimiter for Guard {
    fn memory_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Exceeded::check(Resource::MemoryBytes, desired, self.0.memory_bytes)?;
        Ok(maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn table_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Exceeded::check(Resource::TableElements, desired, self.0.table_elements)?;
        Ok(maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn instances(&self) -> usize {
        self.0.instances
    }

    fn tables(&self) -> usize {
        self.0.tables
    }

    fn memories(&self) -> usize {
        self.0.memories
    }
}
