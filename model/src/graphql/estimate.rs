//! The points of an operation, known from its document and variables alone.

use super::catalog::{Catalog, Returns};
use super::document::{Document, Field, MOST_DEPTH, Operation, OperationKind, Selected, Selection, invalid};
use super::error::{InvalidGraphql, quoted};
use super::value::{Value, Variables};
use crate::facts::Confidence;
use crate::points::{BASE_POINTS, Class};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Selections that are looked at in one document, with fragments followed: a few fragments that spread each other can
/// stand for more fields than there are atoms.
const MOST_SELECTIONS: u32 = 100_000;

/// What one operation of a document costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationEstimate {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What it does.
    pub kind: OperationKind,
    /// Points if every list is empty and every object absent: no schema says which may be.
    pub low: u32,
    /// Points if every list is full as asked and every object is there.
    pub points: u32,
    /// Points if lists of unknown size are as long as they get, too.
    pub high: u32,
    /// Points that the request costs whatever it returns.
    pub base: u32,
    /// The objects behind `points`, by kind. A mutation's are not charged and not listed.
    pub objects: Vec<ObjectCount>,
    /// The worst of what the estimate rests on.
    pub confidence: Confidence,
    /// Where the model comes from, with its date.
    pub source: String,
}

/// How many objects of a kind an operation returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectCount {
    /// Their kind.
    pub kind: Class,
    /// How many.
    pub count: u32,
    /// Points for each.
    pub points_each: u32,
}

/// Estimates the operations of a document by the shipped catalog, as [`Catalog::estimate`] does.
///
/// # Errors
/// As [`Catalog::estimate`].
///
/// ```
/// use headroom_model::graphql::{Variables, estimate};
/// let document = "{ page(id: 7) { title comments(first: 10) { nodes { author { name } } } } }";
/// let estimates = estimate(document, None, &Variables::new()).unwrap();
/// assert_eq!((estimates[0].low, estimates[0].points), (1, 1 + 1 + 10 + 20));
/// ```
pub fn estimate(
    document: &str,
    operation_name: Option<&str>,
    variables: &Variables,
) -> Result<Vec<OperationEstimate>, InvalidGraphql> {
    Catalog::builtin().estimate(document, operation_name, variables)
}

impl Catalog {
    /// Estimates the operation of that name, or all of them in their order.
    ///
    /// A query or subscription costs 1, and more for each object. An object is a field with fields of its own; a list
    /// holds as many as its `first`, `last` or `limit` says, or as many as an argument `...ids` lists; a connection's
    /// `edges`, `node` and `nodes` are its items. Fields of the same name in the answer are one, as when it is
    /// executed; fields of different types are all counted. What an unknown variable includes or skips is counted.
    /// A mutation costs 1 whatever it returns.
    ///
    /// # Errors
    /// If the document is no GraphQL, is bigger or deeper than any sensible one (1 MiB, 200,000 tokens, 100 levels,
    /// 100,000 selections with fragments followed), or has no such operation.
    pub fn estimate(
        &self,
        document: &str,
        operation_name: Option<&str>,
        variables: &Variables,
    ) -> Result<Vec<OperationEstimate>, InvalidGraphql> {
        let read = Document::read(document)?;
        let is_asked = |operation: &&Operation| operation_name.is_none() || operation.name.as_deref() == operation_name;
        let asked: Vec<_> = read.operations.iter().filter(is_asked).collect();
        if let Some(&second) = asked.get(1).filter(|_| operation_name.is_some()) {
            let name = quoted(operation_name.unwrap_or_default());
            let message = format!("operation {name} is defined twice: rename one");
            return Err(invalid(document, second.at, message));
        }
        if asked.is_empty() {
            let message = match operation_name {
                Some(name) => format!("no operation {}: name one that the document holds", quoted(name)),
                None => "no operation: write a query, a mutation or a subscription".to_owned(),
            };
            return Err(invalid(document, 0, message));
        }
        let mut left = MOST_SELECTIONS;
        let estimates = asked.into_iter().map(|operation| {
            let walk = Walk { catalog: self, document: &read, operation, variables, left: &mut left };
            walk.estimate().map_err(|message| invalid(document, operation.at, message))
        });
        estimates.collect()
    }
}

/// So many objects: as asked, and at most.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    likely: u32,
    high: u32,
}

impl Count {
    const fn exactly(count: u32) -> Self {
        Self { likely: count, high: count }
    }

    const fn times(self, other: Self) -> Self {
        Self { likely: self.likely.saturating_mul(other.likely), high: self.high.saturating_mul(other.high) }
    }

    const fn plus(self, other: Self) -> Self {
        Self { likely: self.likely.saturating_add(other.likely), high: self.high.saturating_add(other.high) }
    }
}

/// What has been counted so far.
struct Tally {
    counts: [(Class, Count); 3],
    confidence: Confidence,
}

struct Walk<'d, 'w> {
    catalog: &'d Catalog,
    document: &'d Document,
    operation: &'d Operation,
    variables: &'d Variables,
    left: &'w mut u32,
}

/// The selections of one object, merged: fields by their names in the answer and in the schema.
#[derive(Default)]
struct Level<'d> {
    fields: BTreeMap<(&'d str, &'d str), Vec<&'d Field>>,
    types: BTreeSet<&'d str>,
}

impl<'d> Level<'d> {
    /// Takes out the fields that wrap a connection's items, and returns what is selected of these.
    fn take(&mut self, wrapper: &str) -> Vec<&'d [Selection]> {
        let mut taken = Vec::new();
        self.fields.retain(|(_, name), group| {
            let wraps = *name == wrapper
                && group.iter().all(|field| field.arguments.is_empty() && !field.selections.is_empty());
            if wraps {
                taken.extend(group.iter().map(|field| field.selections.as_slice()));
            }
            !wraps
        });
        taken
    }
}

impl<'d> Walk<'d, '_> {
    fn estimate(mut self) -> Result<OperationEstimate, String> {
        let kinds = [Class::Core, Class::Identity, Class::Other];
        let mut tally =
            Tally { counts: kinds.map(|kind| (kind, Count::default())), confidence: Confidence::Documented };
        if self.operation.kind != OperationKind::Mutation {
            let level = self.collect(&[&self.operation.selections])?;
            self.fields(&level, Count::exactly(1), 1, &mut tally)?;
        }
        let objects = tally.counts.iter().filter(|(_, count)| count.high > 0);
        let points = objects.clone().fold(Count::exactly(BASE_POINTS), |sum, (kind, count)| {
            sum.plus(count.times(Count::exactly(kind.points_each().into())))
        });
        let listed = objects.map(|&(kind, count)| ObjectCount {
            kind,
            count: count.likely,
            points_each: kind.points_each().into(),
        });
        Ok(OperationEstimate {
            name: self.operation.name.clone(),
            kind: self.operation.kind,
            low: BASE_POINTS,
            points: points.likely,
            high: points.high,
            base: BASE_POINTS,
            objects: listed.collect(),
            confidence: tally.confidence,
            source: self.catalog.source().to_owned(),
        })
    }

    /// Merges selections of one object, each fragment once, as GraphQL's `CollectFields` does (specification of
    /// October 2021, section 6.3.2).
    fn collect(&mut self, sets: &[&'d [Selection]]) -> Result<Level<'d>, String> {
        let mut level = Level::default();
        let mut seen = BTreeSet::new();
        let mut open = sets.to_vec();
        while let Some(set) = open.pop() {
            for selection in set {
                *self.left = self.left.checked_sub(1).ok_or_else(|| {
                    format!("more than {MOST_SELECTIONS} selections, fragments followed: split the document")
                })?;
                if !self.is_included(selection) {
                    continue;
                }
                match &selection.what {
                    Selected::Field(field) => {
                        level.fields.entry((&field.key, &field.name)).or_default().push(field);
                    }
                    Selected::Spread(name) => {
                        let fragment = self.document.fragments.get(name).filter(|_| seen.insert(name));
                        level.types.extend(fragment.map(|fragment| fragment.on.as_str()));
                        open.extend(fragment.map(|fragment| fragment.selections.as_slice()));
                    }
                    Selected::Inline { on, selections } => {
                        level.types.extend(on.as_deref());
                        open.push(selections);
                    }
                }
            }
        }
        Ok(level)
    }

    fn is_included(&self, selection: &Selection) -> bool {
        selection.conditions.iter().all(|(wanted, value)| match self.resolve(value) {
            Value::Bool(truth) => truth == *wanted,
            _ => true,
        })
    }

    /// A value, and a variable's value or default.
    fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Variable(name) => match self.variables.get(name) {
                Some(given) => given.into(),
                None => self.operation.defaults.get(name).cloned().unwrap_or(Value::Other),
            },
            known => known.clone(),
        }
    }

    fn fields(&mut self, level: &Level<'d>, times: Count, depth: usize, tally: &mut Tally) -> Result<(), String> {
        level.fields.values().try_for_each(|group| self.field(group, times, depth, tally))
    }

    /// Counts fields that are one in the answer, whose parent is there so many times.
    fn field(&mut self, group: &[&'d Field], times: Count, depth: usize, tally: &mut Tally) -> Result<(), String> {
        let sets: Vec<_> =
            group.iter().map(|field| field.selections.as_slice()).filter(|set| !set.is_empty()).collect();
        let Some(first) = group.first().filter(|_| !sets.is_empty()) else { return Ok(()) };
        if depth > MOST_DEPTH {
            return Err(format!("nested deeper than {MOST_DEPTH} levels, fragments followed: split the document"));
        }
        let mut level = self.collect(&sets)?;
        let (edges, mut nodes) = (level.take("edges"), level.take("nodes"));
        let is_connection = !edges.is_empty() || !nodes.is_empty();
        let mut edge = self.collect(&edges)?;
        nodes.extend(edge.take("node"));
        let item = self.collect(&nodes)?;

        let types = if is_connection { &item.types } else { &level.types };
        let returns = self.catalog.returns(&first.name, types);
        let each = times.times(self.size(group, returns, is_connection, tally));
        for (_, count) in tally.counts.iter_mut().filter(|(kind, _)| returns.kind == Some(*kind)) {
            *count = count.plus(each);
        }
        tally.confidence = tally.confidence.max(returns.confidence);
        self.fields(&item, each, depth + 1, tally)?;
        self.fields(&edge, each, depth + 1, tally)?;
        self.fields(&level, if is_connection { times } else { each }, depth + 1, tally)
    }

    /// How many objects one such field returns.
    fn size(&self, group: &[&Field], returns: Returns, is_connection: bool, tally: &mut Tally) -> Count {
        let arguments = group.iter().flat_map(|field| &field.arguments);
        let mut is_asked = false;
        let mut said = None;
        for (name, value) in arguments {
            let is_size = self.catalog.sizes(name);
            is_asked |= is_size;
            match self.resolve(value) {
                Value::Count(count) if is_size => said = said.max(Some(count)),
                Value::List(count) if name.to_ascii_lowercase().ends_with("ids") => said = said.max(Some(count)),
                _ => {}
            }
        }
        if let Some(count) = said {
            return Count::exactly(count);
        }
        if !(is_asked || is_connection || returns.is_list) {
            return Count::exactly(1);
        }
        tally.confidence = Confidence::Assumed;
        match returns.page.filter(|_| !is_asked) {
            Some(page) => Count::exactly(page),
            None => {
                let pages = self.catalog.pages();
                Count { likely: returns.page.unwrap_or(pages.likely), high: pages.most }
            }
        }
    }
}

#[cfg(test)]
mod tests;
