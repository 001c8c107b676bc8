//! What clients were told, to see whether they keep to it.

use crate::server::Scope;
use headroom_model::operation::Operation;
use headroom_model::time::Instant;
use std::collections::BTreeMap;

/// A client that knows of its own answers only.
pub(super) type Node = u32;

/// The latest instant that each client was told to wait for, by what it was refused for.
#[derive(Default)]
pub(super) struct Promises(BTreeMap<(Node, Scope), Instant>);

impl Promises {
    /// A client hears of a refusal. What it heard before holds on if it is later.
    pub(super) fn hear(&mut self, node: Node, scope: Scope, promised: Instant) {
        let told = self.0.entry((node, scope)).or_default();
        *told = promised.max(*told);
    }

    /// The latest promise to this client that sending now would break.
    pub(super) fn broken(&self, node: Node, operation: &Operation, now: Instant) -> Option<(Scope, Instant)> {
        if self.0.is_empty() {
            return None;
        }
        let told = Scope::of(operation).into_iter().filter_map(|scope| {
            let key = (node, scope);
            let promised = *self.0.get(&key)?;
            Some((key.1, promised))
        });
        told.filter(|(_, promised)| now < *promised).max_by_key(|(_, promised)| *promised)
    }
}
