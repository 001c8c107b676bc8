//! Which field or type of Atlassian's GraphQL is which kind of object, read from data.

use super::error::InvalidGraphql;
use crate::facts::Confidence;
use crate::points::Class;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const BUILTIN: &str = include_str!("../../data/graphql.toml");

/// The kinds of objects by the names of fields and types.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    file: File,
    /// Lowercase name to row, and whether the name is a list's.
    names: BTreeMap<String, (usize, bool)>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    pages: Pages,
    row: Vec<Row>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pages {
    arguments: Vec<String>,
    /// How many objects a list returns of which nothing is known, and how many at most.
    pub likely: u32,
    pub most: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: RowKind,
    #[serde(default)]
    one: Vec<String>,
    #[serde(default)]
    many: Vec<String>,
    page: Option<u32>,
    confidence: Confidence,
    source: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RowKind {
    Core,
    Identity,
    Other,
    None,
}

impl RowKind {
    const fn objects(self) -> Option<Class> {
        match self {
            Self::Core => Some(Class::Core),
            Self::Identity => Some(Class::Identity),
            Self::Other => Some(Class::Other),
            Self::None => None,
        }
    }
}

/// A row of the catalog, for people: what these names are taken for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<'c> {
    /// Names of fields and types.
    pub names: Vec<&'c str>,
    /// Their kind; none for an envelope, which costs nothing.
    pub kind: Option<Class>,
    /// How well that is founded.
    pub confidence: Confidence,
    /// Where it comes from, with its date.
    pub source: &'c str,
}

/// What a field returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Returns {
    /// None for an envelope.
    pub kind: Option<Class>,
    pub is_list: bool,
    pub page: Option<u32>,
    pub confidence: Confidence,
}

impl Catalog {
    /// The catalog that is shipped.
    #[must_use]
    pub fn builtin() -> &'static Self {
        // A test holds the shipped file to be readable; without it everything would be of kind other.
        static SHIPPED: LazyLock<Catalog> = LazyLock::new(|| Catalog::read(BUILTIN).unwrap_or_default());
        &SHIPPED
    }

    /// Reads a file in the form of `model/data/graphql.toml`, whose head describes it. The first row that names a
    /// field counts.
    ///
    /// # Errors
    /// Says where the text is not of that form.
    pub fn read(text: &str) -> Result<Self, InvalidGraphql> {
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let message = format!("{}: compare with the shipped catalog", error.message().replace('\n', " "));
            InvalidGraphql::at("catalog", text, at, message)
        })?;
        let mut names = BTreeMap::new();
        for (at, row) in file.row.iter().enumerate() {
            let one = row.one.iter().map(|name| (name, false));
            for (name, is_list) in one.chain(row.many.iter().map(|name| (name, true))) {
                names.entry(name.to_ascii_lowercase()).or_insert((at, is_list));
            }
        }
        Ok(Self { file, names })
    }

    /// Where the model comes from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.file.source
    }

    /// The rows in their order.
    pub fn rows(&self) -> impl Iterator<Item = Named<'_>> {
        self.file.row.iter().map(|row| Named {
            names: row.one.iter().chain(&row.many).map(String::as_str).collect(),
            kind: row.kind.objects(),
            confidence: row.confidence,
            source: &row.source,
        })
    }

    pub(super) const fn pages(&self) -> &Pages {
        &self.file.pages
    }

    /// Whether an argument says how many objects a list returns.
    pub(super) fn sizes(&self, argument: &str) -> bool {
        self.file.pages.arguments.iter().any(|name| name.eq_ignore_ascii_case(argument))
    }

    /// What a field returns: by its own name, else by the types that the document expects of it, of which the dearest
    /// counts, else one of kind other.
    pub(super) fn returns(&self, field: &str, types: &BTreeSet<&str>) -> Returns {
        let of_types = || {
            let found = types.iter().filter_map(|name| self.row(name));
            found.max_by_key(|found| found.kind.map_or(0, Class::points_each))
        };
        self.row(field).or_else(of_types).unwrap_or(Returns {
            kind: Some(Class::Other),
            is_list: false,
            page: None,
            confidence: Confidence::Assumed,
        })
    }

    fn row(&self, name: &str) -> Option<Returns> {
        let &(at, is_list) = self.names.get(&name.to_ascii_lowercase())?;
        let row = self.file.row.get(at)?;
        Some(Returns { kind: row.kind.objects(), is_list, page: row.page, confidence: row.confidence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalog_is_readable_and_names_nothing_twice() {
        let catalog = Catalog::read(BUILTIN).unwrap();
        let named: usize = catalog.rows().map(|row| row.names.len()).sum();
        assert_eq!(catalog.names.len(), named);
        assert!(catalog.rows().all(|row| row.source.contains("20")), "each row has a dated source");
        assert_eq!(Catalog::builtin().source(), catalog.source());
    }

    #[test]
    fn a_name_counts_before_types_and_of_types_the_dearest() {
        let returns = |field, types: &[&'static str]| {
            Catalog::builtin().returns(field, &types.iter().copied().collect()).kind.map(Class::points_each)
        };
        assert_eq!(returns("page", &["AtlassianAccountUser"]), Some(1));
        assert_eq!(returns("node", &["ConfluencePage", "AtlassianAccountUser"]), Some(2));
        assert_eq!(returns("ASSIGNEE", &[]), Some(2));
        assert_eq!((returns("pageInfo", &[]), returns("whatever", &[])), (None, Some(1)));
    }

    #[test]
    fn a_broken_catalog_is_refused_with_its_place() {
        let error = Catalog::read(&BUILTIN.replacen("\"core\"", "\"cor\"", 1)).unwrap_err();
        assert!(error.to_string().starts_with("invalid catalog at line "), "{error}");
        assert!(error.message.contains("unknown variant `cor`"), "{error}");
    }
}
