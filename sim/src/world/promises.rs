//! What clients were told, to see whether they keep to it.

use crate::server::Scope;
use headroom_model::time::Instant;
use std::collections::BTreeMap;

/// The latest instant that each client was told to wait for, by what it was refused for.
#[derive(Debug, Default)]
pub struct Promises {
    told: BTreeMap<(u32, Scope), Instant>,
    /// The latest of all, to be quick where nothing is promised.
    latest: Instant,
}

impl Promises {
    /// The client of a node hears of a refusal. What it heard before holds on if it is later.
    pub fn hear(&mut self, node: u32, scope: Scope, promised: Instant) {
        let told = self.told.entry((node, scope)).or_default();
        *told = promised.max(*told);
        self.latest = promised.max(self.latest);
    }

    /// Whether any client was told to wait for longer than `now`.
    #[must_use]
    pub fn is_any_open(&self, now: Instant) -> bool {
        now < self.latest
    }

    /// The latest promise to this client that sending now would break.
    #[must_use]
    pub fn broken(&self, node: u32, scopes: Vec<Scope>, now: Instant) -> Option<(Scope, Instant)> {
        let told = scopes.into_iter().filter_map(|scope| {
            let key = (node, scope);
            let promised = *self.told.get(&key)?;
            Some((key.1, promised))
        });
        told.filter(|(_, promised)| now < *promised).max_by_key(|(_, promised)| *promised)
    }

    /// The client of a node has forgotten all.
    /// Forgets what no call from `now` on can break, and how many promises are left.
    pub fn sweep(&mut self, now: Instant) -> usize {
        self.told.retain(|_, promised| now < *promised);
        self.told.len()
    }

    /// The client of a node has forgotten all.
    pub fn forget(&mut self, node: u32) {
        self.told.retain(|(other, _), _| *other != node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_holds_until_its_latest_instant_for_whoever_heard_it_and_remembers_it() {
        let mut promises = Promises::default();
        for promised in [9, 5] {
            promises.hear(1, Scope::App, Instant(promised));
        }
        let broken = |promises: &Promises, node, now| promises.broken(node, vec![Scope::App], Instant(now));
        assert_eq!(broken(&promises, 1, 8), Some((Scope::App, Instant(9))), "a shorter word later takes nothing back");
        assert_eq!((broken(&promises, 1, 9), broken(&promises, 2, 8)), (None, None));
        assert!(promises.is_any_open(Instant(8)) && !promises.is_any_open(Instant(9)));
        promises.forget(1);
        assert_eq!(broken(&promises, 1, 8), None);
    }

    #[test]
    fn sweeping_forgets_only_what_nobody_can_break_any_more() {
        let mut promises = Promises::default();
        promises.hear(1, Scope::App, Instant(10));
        promises.hear(2, Scope::App, Instant(20));
        assert_eq!(promises.sweep(Instant(10)), 1);
        assert_eq!(promises.broken(2, vec![Scope::App], Instant(19)), Some((Scope::App, Instant(20))));
        assert_eq!(promises.sweep(Instant(20)), 0);
    }
}
