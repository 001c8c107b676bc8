//! What requests are priced by, as rows: the path templates of REST and the names of GraphQL.

use super::{Confidence, Row, Source};
use crate::graphql;
use crate::points::{BASE_POINTS, Catalog, Class, Priced};
use std::borrow::Cow;

/// The headings of the two lists.
pub const GROUPS: [&str; 2] = ["prices of REST templates", "prices in GraphQL"];

/// A row for each path template and each row of names.
///
/// ```
/// let rows = headroom_model::facts::prices();
/// let user = rows.iter().find(|row| row.id == "GET /wiki/rest/api/user").expect("it is shipped");
/// assert_eq!((user.value, user.unit.as_ref()), (2, "points/object"));
/// ```
#[must_use]
pub fn prices() -> Vec<Row> {
    let templates = Catalog::shipped();
    let rest = templates.rows().map(of_template);
    rest.chain(graphql::Catalog::builtin().rows().map(of_names)).collect()
}

fn of_template(priced: Priced) -> Row {
    let Priced { method, template, kind, points_each, confidence, source, address } = priced;
    let what = match points_each {
        None => "Costs the base, whatever it returns.".to_owned(),
        Some(_) => format!("Each {kind} that it returns."),
    };
    let (value, unit) = points_each.map_or((BASE_POINTS, "point/request"), |points| (points, "points/object"));
    Row {
        id: format!("{method} {template}"),
        group: GROUPS[0].into(),
        value: value.into(),
        unit: unit.into(),
        what: what.into(),
        source: source_of(source, Some(address)),
        confidence,
        usage: USAGE.into(),
    }
}

const USAGE: &str = "what the client expects; `headroom price`";

fn of_names(named: graphql::Named<'_>) -> Row {
    let each = named.kind.map_or(0, Class::points_each);
    Row {
        id: named.names.join(", "),
        group: GROUPS[1].into(),
        value: each.into(),
        unit: "points/object".into(),
        what: named.kind.map_or("An envelope, no object.", |_| "A field or type of one of these names.").into(),
        source: source_of(named.source.to_owned(), None),
        confidence: named.confidence,
        usage: "`headroom price --graphql`".into(),
    }
}

/// Data files write title and date as one text, and some say behind the date which of the page's words they mean.
fn source_of(text: String, address: Option<String>) -> Source {
    let words = text.split([' ', ',', ':', '(', ')']);
    let date = words.into_iter().rfind(|word| word.starts_with("20") && word.contains('-')).unwrap_or_default();
    let title = text.strip_suffix(date).map_or(text.as_str(), |title| title.trim_end_matches([' ', ',']));
    Source {
        id: Cow::Borrowed("data"),
        title: title.to_owned().into(),
        date: date.to_owned().into(),
        url: address.filter(|address| !address.is_empty()).map(Into::into),
    }
}

/// How many rows of a list there are of each confidence.
pub(super) fn count(rows: &[Row], group: &str) -> [usize; 3] {
    Confidence::ALL.map(|sure| rows.iter().filter(|row| row.group == group && row.confidence == sure).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_price_has_a_source_with_a_date_and_is_listed_once() {
        let rows = prices();
        assert!(rows.len() > 500, "{} rows", rows.len());
        for (at, row) in rows.iter().enumerate() {
            assert!(row.source.date.len() >= 7 && !row.source.title.is_empty(), "{}: {:?}", row.id, row.source);
            assert!(rows[..at].iter().all(|other| other.id != row.id), "{} twice", row.id);
        }
    }

    #[test]
    fn what_a_class_costs_is_the_fact() {
        use crate::facts::{CORE_OBJECT_POINTS, IDENTITY_OBJECT_POINTS, OTHER_OBJECT_POINTS};
        for (class, fact) in [
            (Class::Core, CORE_OBJECT_POINTS),
            (Class::Identity, IDENTITY_OBJECT_POINTS),
            (Class::Other, OTHER_OBJECT_POINTS),
        ] {
            assert_eq!(u32::from(class.points_each()), fact.value, "{}", class.name());
        }
    }
}
