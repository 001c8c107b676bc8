//! Requests at the same time, for each tenant and account. Its reason was seen in the field, without a number.

use super::arrival::Facts;
use super::spec::ConcurrencySpec;
use super::verdict::Slot;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// How many are under way.
#[derive(Clone, Debug)]
pub(super) struct Concurrency {
    most: u32,
    open: BTreeMap<(u32, u32), u32>,
}

impl Concurrency {
    pub(super) const fn new(spec: &ConcurrencySpec) -> Self {
        Self { most: spec.most.get(), open: BTreeMap::new() }
    }

    /// Whether there is a place; takes none.
    pub(super) fn has_room(&self, facts: &Facts<'_>) -> bool {
        slot(facts).is_none_or(|Slot(key)| self.open.get(&key).is_none_or(|open| *open < self.most))
    }

    pub(super) fn take(&mut self, facts: &Facts<'_>) -> Option<Slot> {
        let slot = slot(facts)?;
        *self.open.entry(slot.0).or_default() += 1;
        Some(slot)
    }

    /// What an arrival would take a place of, and how many places there are.
    pub(super) fn slot(&self, facts: &Facts<'_>) -> Option<(Slot, u32)> {
        slot(facts).map(|slot| (slot, self.most))
    }

    pub(super) fn release(&mut self, slot: Slot) {
        if let Entry::Occupied(mut open) = self.open.entry(slot.0) {
            *open.get_mut() = open.get().saturating_sub(1);
            if *open.get() == 0 {
                open.remove();
            }
        }
    }
}

/// Those who name no account are one: the app itself.
fn slot(facts: &Facts<'_>) -> Option<Slot> {
    facts.is_of_the_product().then(|| Slot((facts.tenant, facts.account.unwrap_or(u32::MAX))))
}
