//! Facts without their types: rows to be listed.

use super::{Confidence, Fact, Group, Source, burst, elsewhere, field, forge, headers, points, proposals, retry};
use std::borrow::Cow;

/// A fact to be listed. Built from a constant, or by whoever has facts in a data file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Unique: lowercase words joined by dashes.
    pub id: String,
    /// The heading under which it stands.
    pub group: Cow<'static, str>,
    /// The figure.
    pub value: u64,
    /// What it counts.
    pub unit: Cow<'static, str>,
    /// What it means, in one line.
    pub what: Cow<'static, str>,
    /// Who says so.
    pub source: Source,
    /// How sure it is.
    pub confidence: Confidence,
    /// What this project does with it.
    pub usage: Cow<'static, str>,
}

impl Row {
    /// The row of a constant; its id is the constant's name, written with dashes.
    pub(super) fn new<T: Into<u64>>(group: &Group, name: &str, fact: Fact<T>) -> Self {
        Self {
            id: name.to_ascii_lowercase().replace('_', "-"),
            group: group.name.into(),
            value: fact.value.into(),
            unit: fact.unit.into(),
            what: fact.what.into(),
            source: fact.source.clone(),
            confidence: fact.confidence,
            usage: fact.usage.into(),
        }
    }

    /// Figure and unit for people, with a comma between thousands.
    #[must_use]
    pub fn figure(&self) -> String {
        format!("{} {}", separated(self.value), self.unit)
    }
}

/// Every group with its facts, in the order of the lists.
pub(super) fn groups() -> [(Group, Vec<Row>); 8] {
    [
        (points::GROUP, points::rows()),
        (burst::GROUP, burst::all_rows()),
        (headers::GROUP, headers::rows()),
        (forge::GROUP, forge::rows()),
        (proposals::GROUP, proposals::rows()),
        (elsewhere::GROUP, elsewhere::rows()),
        (retry::GROUP, retry::rows()),
        (field::GROUP, field::rows()),
    ]
}

/// Every fact, grouped.
///
/// ```
/// let rows = headroom_model::facts::all();
/// let cap = rows.iter().find(|row| row.id == "tier-2-cap-points").expect("it is a fact");
/// assert_eq!((cap.value, cap.unit.as_ref()), (500_000, "points/h"));
/// ```
#[must_use]
pub fn all() -> Vec<Row> {
    groups().into_iter().flat_map(|(_, rows)| rows).collect()
}

/// With a comma between thousands.
fn separated(number: u64) -> String {
    let digits = number.to_string();
    let separated = digits.bytes().enumerate().flat_map(|(at, digit)| {
        let comma = at > 0 && (digits.len() - at).is_multiple_of(3);
        comma.then_some(',').into_iter().chain([char::from(digit)])
    });
    separated.collect()
}

#[cfg(test)]
mod tests {
    use super::super::sources;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_written_with_dashes() {
        let rows = all();
        let ids: BTreeSet<_> = rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids.len(), rows.len());
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(ids.iter().all(|id| id.chars().all(fits)), "{ids:?}");
    }

    #[test]
    fn every_fact_says_what_it_is_in_one_line_and_how_it_is_used() {
        for row in all() {
            let Row { id, unit, what, usage, .. } = &row;
            assert!(!unit.is_empty() && !usage.is_empty(), "{id}");
            assert!(what.ends_with('.') && !what.contains('\n') && what.len() <= 160, "{id}: {what}");
        }
    }

    #[test]
    fn every_source_is_named_by_a_fact_has_a_date_and_is_listed_once() {
        let rows = all();
        let mut ids = BTreeSet::new();
        for source in sources::ALL {
            assert!(ids.insert(source.id.as_ref()), "{} twice", source.id);
            assert!(rows.iter().any(|row| row.source == **source), "{} says nothing", source.id);
            let date = source.date.strip_prefix("read ").unwrap_or(&source.date);
            assert!(date.starts_with("20") && date.split('-').count() >= 2, "{}: {date}", source.id);
        }
        assert!(rows.iter().all(|row| ids.contains(row.source.id.as_ref())), "a fact's source is listed");
    }

    #[test]
    fn a_degree_of_confidence_is_found_by_its_name() {
        for confidence in Confidence::ALL {
            assert_eq!(Confidence::named(confidence.name()), Some(confidence));
        }
        assert_eq!(Confidence::named("certain"), None);
    }
}
