//! The part of CQL and JQL that is understood: `=`, `!=`, `~`, `!~`, `in`, `not in`, joined by `and`, `or`, `not` and
//! parentheses, and `order by`. All else is refused rather than finding the wrong objects.

use super::asked::short;
use super::pages::{Page, read_cursor};
use super::reply::Problem;
use super::site::{Kind, Record, Site};
use std::cmp::Ordering;

mod parse;

/// A query, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) condition: Condition,
    /// Fields, and whether the greatest comes first.
    pub(super) order: Vec<(String, bool)>,
}

/// What an object has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// All of these; none: anything.
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Is(Term),
}

/// A field's comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) field: String,
    pub(super) operator: Operator,
    /// In lower case: neither language tells cases apart. Any of them; `in` can have several.
    pub(super) values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    /// Never true of a field without a value.
    IsNot,
    Contains,
    ContainsNot,
}

/// The fields of a product: the texts that an object has there, by which it is compared and put in order; none: there is
/// no such field.
pub(super) type Fields = fn(&Site, &Record, &str) -> Option<Vec<String>>;

impl Query {
    /// Reads a query whose fields a product has. An empty one finds everything.
    pub(super) fn read(text: &str, fields: Fields) -> Result<Self, Problem> {
        let query = parse::read(text)?;
        let mut names: Vec<&str> = query.order.iter().map(|(field, _)| field.as_str()).collect();
        let mut terms = Vec::new();
        query.condition.name_terms(&mut terms);
        names.extend(terms.iter().map(|term| term.field.as_str()));
        let unknown = names.into_iter().find(|name| fields(&Site::default(), &Record::default(), name).is_none());
        unknown.map_or(Ok(query.clone()), |name| {
            Err(Problem::bad(format!("the field `{}` of the query is not known to this server", short(name))))
        })
    }

    /// All that a field is compared with.
    pub(super) fn values<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        let mut terms = Vec::new();
        self.condition.name_terms(&mut terms);
        terms.into_iter().filter(move |term| term.field == field).flat_map(|term| &term.values).map(String::as_str)
    }

    /// What it finds, in its order.
    pub(super) fn find(&self, site: &Site, kind: Kind, fields: Fields) -> Vec<Record> {
        self.placed(site, kind, fields).into_iter().map(|(_, record)| record).collect()
    }

    /// A page of what it finds, and how many that are. With a cursor it begins after the object that this names, wherever
    /// that lies by now, else after so many.
    pub(super) fn page(
        &self,
        site: &Site,
        kind: Kind,
        fields: Fields,
        (cursor, skipped): (Option<&str>, u64),
        limit: u64,
    ) -> Result<(Page, usize), Problem> {
        let found = self.placed(site, kind, fields);
        let total = found.len();
        let Some(id) = cursor.map(read_cursor).transpose()? else {
            let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
            return Ok((Page::of(found.into_iter().map(|(_, record)| record).skip(skipped), limit), total));
        };
        let last = match site.get(kind, id) {
            Some(last) => self.place(site, &last, fields),
            // In the order of numbers, the number is enough.
            None if self.order.is_empty() => Place { texts: Vec::new(), id },
            None => return Err(Problem::bad("the page's last object is gone: search anew".to_owned())),
        };
        let rest = found.into_iter().skip_while(|(place, _)| self.compare(place, &last) != Ordering::Greater);
        Ok((Page::of(rest.map(|(_, record)| record), limit), total))
    }

    /// What it finds, in its order, each with its place.
    fn placed(&self, site: &Site, kind: Kind, fields: Fields) -> Vec<(Place, Record)> {
        let of = |record: &Record, field: &str| fields(site, record, field).unwrap_or_default();
        let found = site.all(kind).filter(|record| self.condition.holds(&|field| of(record, field)));
        let mut placed: Vec<_> = found.map(|record| (self.place(site, &record, fields), record)).collect();
        if !self.order.is_empty() {
            placed.sort_by(|(a, _), (b, _)| self.compare(a, b));
        }
        placed
    }

    fn place(&self, site: &Site, record: &Record, fields: Fields) -> Place {
        let text = |(field, _): &(String, bool)| sortable(fields(site, record, field).unwrap_or_default());
        Place { texts: self.order.iter().map(text).collect(), id: record.id }
    }

    /// By the fields of the order, then by number.
    fn compare(&self, a: &Place, b: &Place) -> Ordering {
        let by_fields = self
            .order
            .iter()
            .zip(a.texts.iter().zip(&b.texts))
            .map(|((_, is_descending), (a, b))| if *is_descending { b.cmp(a) } else { a.cmp(b) });
        by_fields.fold(Ordering::Equal, Ordering::then).then(a.id.cmp(&b.id))
    }
}

/// Where an object stands in an order: its text for each field, and its number.
struct Place {
    texts: Vec<Vec<(String, u64)>>,
    id: u64,
}

impl Condition {
    /// Whether an object with these texts is meant.
    pub(super) fn holds(&self, of: &impl Fn(&str) -> Vec<String>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(of)),
            Self::Any(all) => all.iter().any(|one| one.holds(of)),
            Self::Not(one) => !one.holds(of),
            Self::Is(term) => {
                let texts: Vec<String> = of(&term.field).iter().map(|text| text.to_lowercase()).collect();
                let is = || texts.iter().any(|text| term.values.contains(text));
                let contains = || texts.iter().any(|text| term.values.iter().any(|value| text.contains(value)));
                match term.operator {
                    Operator::Is => is(),
                    Operator::IsNot => !texts.is_empty() && !is(),
                    Operator::Contains => contains(),
                    Operator::ContainsNot => !texts.is_empty() && !contains(),
                }
            }
        }
    }

    fn name_terms<'a>(&'a self, terms: &mut Vec<&'a Term>) {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().for_each(|one| one.name_terms(terms)),
            Self::Not(one) => one.name_terms(terms),
            Self::Is(term) => terms.push(term),
        }
    }
}

/// The first text as it is put in order: numbers within it by their size, so that P2-9 comes before P2-10.
fn sortable(texts: Vec<String>) -> Vec<(String, u64)> {
    let text = texts.into_iter().next().unwrap_or_default().to_lowercase();
    let mut rest = text.as_str();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let word = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let end = rest[word..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |at| word + at);
        parts.push((rest[..word].to_owned(), rest[word..end].parse().unwrap_or_default()));
        rest = &rest[end..];
    }
    parts
}

#[cfg(test)]
mod tests;
