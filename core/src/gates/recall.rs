//! What gates know, and gates that know it.

use super::Gates;
use super::gate::{Gate, Rare};
use crate::budget::Budget;
use crate::learned;
use crate::pace::Pace;
use crate::pool::{Pool, Terms};
use crate::scope::Part;
use crate::scopes::{Key, ScopeId};
use crate::shadow::Shadow;
use crate::shares::Share;
use crate::state::{
    CostState, Label, Memory, Name, PoolState, Record, Room, Row, Saved, ShadowState, Texts, cut, entry, in_order,
    recall_windows,
};
use crate::verdict::LimiterKind;
use headroom_model::time::Instant;

/// The places of costs in what is saved: no scope comes that far.
const COSTS: u32 = 1 << 31;

impl Gates {
    /// What is worth remembering at `at`, written as far as there is room.
    pub(crate) fn save(&self, at: Instant) -> Saved {
        let (texts, costs) = (Texts::default(), self.remember_costs());
        let records = |place: u32, see: &mut dyn FnMut(&Record)| match place.checked_sub(COSTS) {
            None => see(&self.remember_scope(ScopeId::at(place as usize), at)),
            Some(place) => costs.get(place as usize).iter().for_each(|(_, record)| see(record)),
        };
        let mut room = Room::new(at, &records);
        for (id, _) in self.scopes.iter() {
            let record = self.remember_scope(id, at);
            if !record.is_empty() {
                room.add(self.label(id, &texts), id.place() as u32, &record);
            }
        }
        (COSTS..).zip(&costs).for_each(|(place, (name, record))| room.add(name.label(), place, record));
        room.write()
    }

    /// What is worth remembering at `at`.
    fn remember(&self, at: Instant) -> Memory {
        let texts = Texts::default();
        let rows: Vec<_> =
            self.scopes.iter().map(|(id, _)| Row::new(self.label(id, &texts), id.place() as u32)).collect();
        let known = |row: Row<'_>| (row.label.to_name(), self.remember_scope(ScopeId::at(row.place as usize), at));
        let scopes = in_order(&rows).into_iter().map(known).filter(|(_, record)| !record.is_empty());
        Memory { at, scopes: scopes.chain(self.remember_costs()).collect() }
    }

    #[inline(never)]
    fn remember_scope(&self, id: ScopeId, at: Instant) -> Record {
        let is_endpoint = matches!(self.scopes.parts(id), (Part::Endpoint(..), ..));
        self.scopes.get(id).map(|gate| gate.remember(is_endpoint, at)).unwrap_or_default()
    }

    fn label<'a>(&'a self, id: ScopeId, texts: &'a Texts) -> Label<'a> {
        let (kind, within, name) = self.scopes.parts(id);
        Label::of(kind, within, name, texts)
    }

    /// In order. They come behind all scopes.
    fn remember_costs(&self) -> Vec<(Name, Record)> {
        let mut all: Vec<(Name, Record)> = Vec::new();
        for (learned::Key { template, method, likely }, ago, last) in self.learned.save() {
            let costs = &mut entry(&mut all, Name::of_costs(method, template)).costs;
            *entry(costs, likely) = CostState { ago, last: *last };
        }
        all
    }

    /// Takes in what was saved. Where something is known already, that counts too.
    pub(crate) fn recall(&mut self, saved: Memory, now: Instant) {
        let at = now.max(saved.at);
        let own = self.remember(now);
        self.forget();
        if own.scopes.iter().all(|(_, record)| record.knows_only_users()) {
            self.recall_all(saved, at);
            own.scopes.iter().for_each(|(name, record)| self.set_users(&name.outer, record.users));
        } else {
            self.recall_all(own.join(saved), at);
        }
    }

    fn recall_all(&mut self, memory: Memory, at: Instant) {
        for (name, record) in memory.scopes {
            if let Some(endpoint) = name.costs_of() {
                for (likely, CostState { ago, last }) in record.costs {
                    if let Some((template, method)) = endpoint {
                        self.learned.restore(learned::Key { template, method, likely }, ago, last);
                    }
                }
                continue;
            }
            let (part, outer) = (name.outer(), ScopeId::APP);
            let outer = if part == Part::App { outer } else { self.scopes.intern(Key { within: outer, part }) };
            match name.inner() {
                None => self.recall_gate(outer, name.outer().map(|_| ()), record, at),
                Some(Some(part)) => {
                    let id = self.scopes.intern(Key { within: outer, part });
                    self.recall_gate(id, part.map(|_| ()), record, at);
                }
                // The new one has no such endpoint: what it was, is now of some other.
                Some(None) => self.recall_pause(outer, record.pause),
            }
        }
    }

    fn recall_pause(&mut self, id: ScopeId, pause: Option<(Instant, LimiterKind)>) {
        if let (Some((until, kind)), Some(gate)) = (pause, self.scopes.get_mut(id)) {
            gate.pause(until, &kind);
        }
    }

    /// A gate as recorded. What this configuration has nothing for is passed over.
    fn recall_gate(&mut self, id: ScopeId, kind: Part<()>, record: Record, at: Instant) {
        let pace = self.recalled_pace(kind, &record, at);
        let Record { pause, pool, cap, shadow, crowd, users, taken, share, .. } = record;
        let shadow = shadow.map(|ShadowState { quota, would_refuse, pool }| {
            Box::new(Shadow { pool: recalled(self.terms(quota), &pool, at), would_refuse })
        });
        let pool = pool.map(|pool| Box::new(recalled(self.terms(self.config.quota_points), &pool, at)));
        let quota = self.cap(Some(kind), users);
        let cap =
            cap.zip(quota).map(|(cap, quota)| Box::new(recalled(Terms { nodes: 1, ..self.terms(quota) }, &cap, at)));
        if let Some(gate) = self.scopes.get_mut(id) {
            let mut rare = Rare { shadow, cap, crowd, users, reason: None };
            let rare = rare.is_kept(at).then(|| Box::new(rare));
            let (share, budget) = (Share::of_spent(share), Budget { taken });
            *gate = Gate { pool, pace, share, budget, rare, ..Gate::default() };
            self.recall_share(share, at);
        }
        self.recall_pause(id, pause);
    }

    /// A pace that holds before any refusal needs no memory as long as it is untouched; others live of their memory.
    fn recalled_pace(&self, kind: Part<()>, record: &Record, at: Instant) -> Option<Pace> {
        let Record { bucket, windows, .. } = record;
        let told = bucket.as_ref().and_then(|bucket| bucket.told);
        let mut pace = match kind {
            Part::Endpoint(..) => Pace::of_endpoint(told?, &self.config),
            _ if bucket.is_some() || !windows.is_empty() => Pace::before_refusal(kind, &self.config, self.spread_seed),
            _ => None,
        };
        match &mut pace {
            Some(Pace::Bucket(own)) => bucket.iter().for_each(|state| own.restore(state)),
            Some(Pace::Windows(own)) => recall_windows(own, windows, at),
            None => {}
        }
        pace
    }
}

/// An untouched pool, and what was saved of it.
fn recalled(terms: Terms, state: &PoolState, at: Instant) -> Pool {
    let mut pool = Pool::new(terms, at);
    pool.restore(state, at);
    pool
}

impl Gate {
    fn remember(&self, is_endpoint: bool, at: Instant) -> Record {
        let mut record = Record {
            pause: self.is_paused(at).then(|| self.saved_pause()),
            pool: self.pool.as_ref().and_then(|pool| pool.save(at)),
            cap: self.cap().and_then(|cap| cap.save(at)),
            shadow: self.shadow().and_then(|shadow| shadow.save(at)),
            crowd: self.crowd().filter(|crowd| !crowd.is_over(at)),
            users: self.users(),
            taken: self.budget.taken,
            share: self.share.save(at),
            ..Record::default()
        };
        match &self.pace {
            Some(Pace::Bucket(bucket)) => record.bucket = bucket.save(at, is_endpoint),
            Some(Pace::Windows(windows)) => {
                for window in windows {
                    *entry(&mut record.windows, window.key()) = window.save(at);
                }
                // One that is empty beside another says that it was there.
                if record.windows.iter().all(|(_, booked)| booked.is_empty()) {
                    record.windows.clear();
                }
            }
            None => {}
        }
        record
    }

    fn saved_pause(&self) -> (Instant, LimiterKind) {
        let mut kind = self.paused_by();
        if let LimiterKind::Other(text) = &mut kind {
            text.truncate(cut(text).len());
        }
        (self.pause.until, kind)
    }
}

impl Shadow {
    fn save(&self, at: Instant) -> Option<ShadowState> {
        let pool = self.pool.save(at)?;
        Some(ShadowState { quota: self.pool.quota(), would_refuse: self.would_refuse, pool })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::scope::Scope;
    use crate::state::MAX_BYTES;
    use crate::verdict::CostSource;
    use headroom_model::operation::Method;
    use headroom_model::points::{Cost, Template};
    use proptest::prelude::*;

    const NOON: Instant = Instant(1_770_033_600_000);

    fn gates() -> Gates {
        Gates::new(Config::default(), 7)
    }

    fn recalled_from(memory: Memory) -> Gates {
        let mut gates = gates();
        gates.recall(Memory::read(&memory.write().bytes, NOON).expect("it was written"), NOON);
        gates
    }

    fn pause(secs: u64) -> Record {
        let until = Instant(NOON.0 + 1_000 * secs);
        Record { pause: Some((until, LimiterKind::Other("x".into()))), ..Record::default() }
    }

    fn paused_until(gates: &Gates, tenant: &str) -> Option<Instant> {
        let id = gates.scopes.find(Key { within: ScopeId::APP, part: Part::Tenant(tenant) })?;
        Some(gates.scopes.get(id)?.pause.until).filter(|until| *until > NOON)
    }

    /// Scopes of each kind, of which something is known or nothing.
    fn lived(steps: &[(u64, u8, u64)]) -> Gates {
        let mut gates = gates();
        let paths = ["/wiki/api/v2/pages", "/rest/api/3/issue/A-1", "/nowhere"];
        for (n, kind, act) in steps {
            // In an order that is not that of names; some are too long.
            let name = format!("{}{:x}", "t".repeat(if n % 16 == 3 { 1_020 } else { 400 }), n * 37 % 64);
            let template = Template::of("GET", paths[(n % 3) as usize]);
            let inner = format!("{:x}", n % 7);
            let (outer, part) = match kind {
                0 => (Part::Environment(&*name), None),
                1 | 2 => (Part::Installation(&*name), (*kind == 2).then_some(Part::User(&*inner))),
                3 => (Part::Tenant(&*name), None),
                4 => (Part::Tenant(&*name), Some(Part::Issue(&*inner))),
                5 => (Part::Tenant(&*name), Some(Part::Account(&*inner))),
                _ => (Part::Tenant(&*name), Some(Part::Endpoint(template, Method::Get))),
            };
            let mut id = gates.scopes.intern(Key { within: ScopeId::APP, part: outer });
            if let Some(part) = part {
                id = gates.scopes.intern(Key { within: id, part });
            }
            let Some(gate) = gates.scopes.get_mut(id) else { continue };
            match act % 4 {
                0 => {}
                1 => gate.rare().users = 3,
                2 => gate.pause(Instant(NOON.0 + act), &LimiterKind::Other(inner)),
                _ => gate.pause(Instant(NOON.0 + act), &LimiterKind::Burst),
            }
            (0..*act % 2)
                .for_each(|_| gates.learned.sample(learned::Key { template, method: Method::Get, likely: 1 }, 5, None));
        }
        gates
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn what_is_saved_is_what_remembering_all_of_it_first_would_leave(
            steps in proptest::collection::vec((0_u64..999, 0_u8..7, 0_u64..99), 0..1_000),
        ) {
            let gates = lived(&steps);
            let all = gates.remember(NOON);
            for (id, gate) in gates.scopes.iter() {
                let (name, is_endpoint) = (gates.scopes.name(id), matches!(gates.scopes.name(id), Scope::Endpoint { .. }));
                let (name, record) = (Name::of(name), gate.remember(is_endpoint, NOON));
                let known = all.scopes.iter().find(|(known, _)| *known == name);
                prop_assert_eq!(known.map(|(_, record)| record), Some(&record).filter(|record| !record.is_empty()));
            }
            prop_assert!(all.scopes.is_sorted_by(|(a, _), (b, _)| a < b));
            prop_assert_eq!(gates.save(NOON), all.write_slowly());
        }
    }

    #[test]
    fn a_pause_of_an_endpoint_that_no_version_knows_is_one_of_its_tenant() {
        let endpoint = |text: &str| {
            let scope = Scope::Endpoint { tenant: "t".into(), template: None, method: Method::Get };
            Name { inner: text.into(), ..Name::of(scope) }
        };
        let tenant = (Name::of(Scope::Tenant("t".into())), pause(9));
        for (secs, until) in [(3, 9), (30, 30)] {
            let scopes = vec![tenant.clone(), (endpoint("GET /gone/{id}"), pause(secs))];
            let gates = recalled_from(Memory { at: NOON, scopes });
            assert_eq!(paused_until(&gates, "t"), Some(Instant(NOON.0 + 1_000 * until)));
        }
        let gates = recalled_from(Memory { at: NOON, scopes: vec![(endpoint("GET "), pause(30))] });
        assert_eq!(paused_until(&gates, "t"), None, "of any other endpoint, as it was");
    }

    #[test]
    fn what_finds_no_room_leaves_its_pause_with_its_tenant() {
        let issue = |n: u64| Name::of(Scope::Issue { tenant: "t".into(), issue: format!("{:x}", n << 40) });
        let mut scopes: Vec<_> = (0..9_000).map(|n| (issue(n), pause(n))).collect();
        scopes.sort_by(|(a, _), (b, _)| a.cmp(b));
        let saved = Memory { at: NOON, scopes: scopes.clone() }.write();
        assert!(saved.left_out > 0 && saved.bytes.len() <= MAX_BYTES, "{} bytes", saved.bytes.len());
        let kept = Memory::read(&saved.bytes, NOON).expect("it was written");
        let shortest = kept.scopes.iter().skip(1).filter_map(|(_, record)| Some(record.pause.clone()?.0)).min();
        let of_tenant = paused_until(&recalled_from(Memory { at: NOON, scopes }), "t");
        assert!(
            of_tenant.is_some() && of_tenant <= shortest,
            "the longest of those left out: {of_tenant:?} {shortest:?}"
        );
    }

    #[test]
    fn the_costs_that_were_measured_last_are_kept() {
        let mut all = gates();
        let template = Template::of("GET", "/wiki/api/v2/pages");
        let key = |likely| learned::Key { template, method: Method::Get, likely };
        (0..100).for_each(|likely| (0..3).for_each(|_| all.learned.sample(key(likely), likely + 5, None)));
        let gates = recalled_from(all.remember(NOON));
        for likely in 0..100 {
            let table = Cost::exactly(likely);
            let want = if likely < 36 { (table, CostSource::Table) } else { all.learned.cost(key(likely), table) };
            assert_eq!(gates.learned.cost(key(likely), table), want);
        }
        assert_eq!(gates.remember(NOON), Memory { at: NOON, ..all.remember(NOON) });
    }

    #[test]
    fn what_was_told_of_users_holds_beside_what_was_saved() {
        let mut gates = gates();
        gates.set_users("t", 5);
        let users = |users| Record { users, ..Record::default() };
        let scopes = ["t", "u"].map(|name| (Name::of(Scope::Tenant(name.into())), users(3))).to_vec();
        gates.recall(Memory { at: NOON, scopes }, NOON);
        let known = gates.scopes.iter().map(|(_, gate)| gate.users()).collect::<Vec<_>>();
        assert_eq!(known, [0, 5, 3]);
    }
}
