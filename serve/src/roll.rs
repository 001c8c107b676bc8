//! Who was seen: the names that an app's limits know, and what its tenants met.

use crate::content::reply::Problem;
use crate::ledger::Record;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Bound;

/// Clients, and names of apps, that there can be: more than 100,000 tenants by far.
pub(crate) const MOST_NAMES: usize = 250_000;

/// All apps' names. Bounded.
#[derive(Debug, Default)]
pub(crate) struct Roll {
    apps: BTreeMap<String, BTreeMap<String, Option<Counts>>>,
    names: usize,
}

/// What a tenant met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    pub(crate) points: u64,
    /// Calls before an instant that their client had been told.
    pub(crate) early: u64,
    /// Refusals by limit.
    pub(crate) refused: BTreeMap<&'static str, u64>,
}

impl Roll {
    /// Keeps the name of a tenant.
    pub(crate) fn tenant(&mut self, app: &str, name: &str) -> Result<(), Problem> {
        let kept = self.keep(app, name)?;
        kept.get_or_insert_default();
        Ok(())
    }

    /// Keeps a name that is no tenant's: of a user, an installation, an environment.
    pub(crate) fn other(&mut self, app: &str, name: &str) -> Result<(), Problem> {
        self.keep(app, name).map(|_| ())
    }

    /// Adds a request to what its tenant met, if the tenant was kept.
    pub(crate) fn note(&mut self, record: &Record) {
        let tenant = self.apps.get_mut(&record.app).and_then(|names| names.get_mut(&record.tenant));
        let Some(Some(counts)) = tenant else { return };
        counts.requests += 1;
        counts.points += u64::from(record.points);
        counts.early += u64::from(record.early.is_some());
        if let Some(limit) = record.limit {
            *counts.refused.entry(limit).or_default() += 1;
        }
    }

    /// The tenants of an app in the order of their names, all or those behind one.
    pub(crate) fn tenants<'a>(
        &'a self,
        app: &str,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&'a str, &'a Counts)> + use<'a> {
        let after: Bound<&str> = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = (after, Bound::Unbounded);
        let names = self.apps.get(app).map(|names| names.range::<str, _>(behind));
        names.into_iter().flatten().filter_map(|(name, counts)| Some((name.as_str(), counts.as_ref()?)))
    }

    fn keep(&mut self, app: &str, name: &str) -> Result<&mut Option<Counts>, Problem> {
        let is_known = self.apps.get(app).is_some_and(|names| names.contains_key(name));
        if !is_known {
            if self.names >= MOST_NAMES {
                return Err(crowded("tenants and users", MOST_NAMES));
            }
            self.names += 1;
            self.apps.entry(app.to_owned()).or_default().insert(name.to_owned(), None);
        }
        let kept = self.apps.get_mut(app).and_then(|names| names.get_mut(name));
        kept.ok_or_else(|| crowded("tenants and users", MOST_NAMES))
    }
}

/// A bound of this server's is reached.
pub(crate) fn crowded(what: &str, most: usize) -> Problem {
    let message = format!("more than {most} {what}: start anew with POST /_headroom/reset");
    Problem { status: 503, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// The slow roll keeps every request and looks at all of them.
        #[test]
        fn pages_of_any_size_hold_every_tenant_once_with_all_that_it_met(
            calls in prop::collection::vec((0..2_usize, 0..9_usize, 0_u32..5, 0..3_usize), 0..60), size in 1..5_usize,
        ) {
            let mut roll = Roll::default();
            let mut slow: BTreeMap<(usize, String), Counts> = BTreeMap::new();
            for (app, tenant, points, limit) in calls {
                let limit = [None, Some("burst"), Some("points-quota")][limit];
                let name = format!("t{tenant}");
                prop_assert!(roll.tenant(["a", "b"][app], &name).is_ok() && roll.other("a", "ann").is_ok());
                let record = Record { app: ["a", "b"][app].into(), tenant: name.clone(), points, limit, ..Record::default() };
                roll.note(&record);
                let counts = slow.entry((app, name)).or_default();
                counts.requests += 1;
                counts.points += u64::from(points);
                if let Some(limit) = limit {
                    *counts.refused.entry(limit).or_default() += 1;
                }
            }
            for (app, name) in ["a", "b"].into_iter().enumerate() {
                let (mut all, mut after) = (Vec::new(), None::<String>);
                // Every page but the last holds one at least.
                for _ in 0..10 {
                    let page: Vec<_> = roll.tenants(name, after.as_deref()).take(size).collect();
                    let Some((last, _)) = page.last() else { break };
                    after = Some((*last).to_owned());
                    all.extend(page.into_iter().map(|(tenant, counts)| (tenant.to_owned(), counts.clone())));
                }
                let wanted = slow.iter().filter(|((of, _), _)| *of == app);
                prop_assert_eq!(all, wanted.map(|((_, tenant), counts)| (tenant.clone(), counts.clone())).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn the_roll_has_an_end() {
        let mut roll = Roll::default();
        for at in 0..MOST_NAMES {
            assert!(roll.tenant("a", &at.to_string()).is_ok());
        }
        assert!(roll.tenant("a", "7").is_ok(), "who is known stays");
        assert_eq!(roll.other("b", "new").map_err(|problem| problem.status), Err(503));
    }
}
