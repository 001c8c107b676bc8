//! The full estimate: what is counted, by which row, on whose word. With it, a user's own costs.

use super::builder::{Builder, Built, Problem, Provenance};
use super::find::Target;
use super::reckon::{Basis, Line, Verb, reckon, template};
use super::sheet::Sheet;
use super::shipped::{GENERAL, PROVENANCE, SHIPPED, SOURCES};
use super::source::Confidence;
use super::table::{MOST_OBJECTS, Method, Returns, Table};
use super::{BASE_POINTS, Cost, Counted};
use serde::Serialize;
use std::fmt;

/// What requests cost: the shipped rows, and before them those of a user's own file, if there is one.
#[derive(Debug, Default)]
pub struct Catalog {
    own: Option<Built>,
}

/// What a request costs, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Points that it most probably costs.
    pub points: u32,
    /// The least.
    pub low: u32,
    /// The most.
    pub high: u32,
    /// What it costs whatever it returns.
    pub base: u32,
    /// The objects that `points` counts.
    pub objects: Vec<Objects>,
    /// The path template that it is of, if one is known.
    pub template: Option<String>,
    /// How far the row or rule that applies is to be believed.
    pub confidence: Confidence,
    /// What that row or rule rests on: title and date.
    pub source: String,
    /// Whether the objects were counted in an answer.
    pub counted: bool,
}

/// Objects of one kind that an answer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Objects {
    /// Their kind.
    pub kind: String,
    /// How many.
    pub count: u32,
    /// Points that each of them adds.
    pub points_each: u32,
}

/// A row, for those who list them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Priced {
    /// Its method.
    pub method: &'static str,
    /// Its path template.
    pub template: String,
    /// The kind of the objects that it returns.
    pub kind: String,
    /// Points that each of them adds; none if nothing that it returns is counted.
    pub points_each: Option<u32>,
    /// How far it is to be believed.
    pub confidence: Confidence,
    /// What it rests on: title and date.
    pub source: String,
    /// The public address of that; empty if it has none.
    pub address: String,
}

/// What is wrong with a user's costs file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostsError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong and what is allowed.
    pub text: String,
}

impl fmt::Display for CostsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.text)
    }
}

impl std::error::Error for CostsError {}

impl CostsError {
    fn at(costs: &str, problem: &Problem) -> Self {
        let before = costs.get(..problem.at.start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self { line: before.matches('\n').count() + 1, column: line.chars().count() + 1, text: problem.text.clone() }
    }
}

impl Catalog {
    /// The shipped rows alone.
    #[must_use]
    pub const fn shipped() -> Self {
        Self { own: None }
    }

    /// The shipped rows and those of a user's costs file in TOML, which are asked first: any of them that matches wins.
    /// It may also set the points of a shipped kind.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong in the file, with its line and column.
    ///
    /// ```
    /// use headroom_model::points::Catalog;
    /// let costs = r#"
    /// [sources.ours]                  # what the figures rest on
    /// title = "our own measurement"
    /// date = "2026-11-20"
    /// confidence = "measured"         # documented, measured or assumed
    ///
    /// [kinds]                         # a new kind, or a shipped one whose points differ
    /// board = { class = "core" }      # core 1 point, identity 2, other 1
    /// version = { class = "other", points_each = 0 }
    ///
    /// [[group]]                       # what the rows do not say, their group says
    /// source = "ours"
    /// under = "/rest/agile/1.0"       # what all its paths begin with
    /// rows = [
    ///   { path = "/board", kind = "board", returns = "page", count = 50, by = "maxResults", list = "values" },
    ///   { path = "/board/{id}", kind = "board" },           # returns one
    ///   { path = "/board/{id}/configuration", returns = "nothing" },
    /// ]
    /// "#;
    /// let catalog = Catalog::with_costs(costs)?;
    /// assert_eq!(catalog.estimate("GET", "/rest/agile/1.0/board?maxResults=20", None).points, 21);
    /// assert_eq!(catalog.estimate("GET", "/rest/agile/1.0/board/7/configuration", None).points, 1);
    /// # Ok::<(), headroom_model::points::CostsError>(())
    /// ```
    pub fn with_costs(costs: &str) -> Result<Self, CostsError> {
        let parsed: Result<Sheet, _> = toml::from_str(costs);
        let sheet =
            parsed.map_err(|error| Problem { at: error.span().unwrap_or_default(), text: error.message().to_owned() });
        let build = |sheet: Sheet| {
            let mut builder = Builder::new(Some(SHIPPED));
            builder.add(&sheet)?;
            builder.finish()
        };
        let own = sheet.and_then(build).map_err(|problem| CostsError::at(costs, &problem))?;
        Ok(Self { own: Some(own) })
    }

    /// What a request costs before it is sent. `objects` is how many objects of its own it returns, if that is known.
    #[must_use]
    pub fn estimate(&self, method: &str, target: &str, objects: Option<u64>) -> Estimate {
        let (verb, target) = (Verb::of(method), Target::of(target));
        let objects = objects.map(|objects| u32::try_from(objects).unwrap_or(MOST_OBJECTS));
        let mut lines = Vec::new();
        let basis = reckon(&self.tables(), verb, &target, objects, |line| lines.push(line));
        self.written(basis, verb, &target, &lines)
    }

    /// What a request cost, by the JSON body of its answer. If that is no JSON, or lacks the list that was asked for,
    /// this is the estimate from before, and `counted` is false.
    #[must_use]
    pub fn after(&self, method: &str, target: &str, body: &[u8]) -> Estimate {
        let (verb, target) = (Verb::of(method), Target::of(target));
        let (basis, Counted { before, after }) = Counted::of(&self.tables(), verb, &target, body);
        let counted = after.is_some();
        Estimate { counted, ..self.written(basis, verb, &target, &after.unwrap_or(before)) }
    }

    /// All rows, the user's own first.
    pub fn rows(&self) -> impl Iterator<Item = Priced> {
        let tables = self.tables().into_iter().enumerate();
        let all =
            tables.flat_map(|(at, table)| (0..table.nodes.len() + table.rows.len()).map(move |row| (at, table, row)));
        all.filter_map(|(at, table, row)| {
            let other = row.checked_sub(table.nodes.len()).and_then(|row| table.rows.get(row));
            let (node, method) = other.map_or((row, Method::Get), |other| (other.node.into(), other.method));
            let shape = table.shape(row)?;
            let (kind, points) = self.kind(shape.kind);
            let points_each = (shape.returns != Returns::Nothing).then_some(points);
            let (confidence, source, address) = self.provenance(Basis::Row(at, row));
            let template = table.template(node);
            Some(Priced { method: method.name(), template, kind, points_each, confidence, source, address })
        })
    }

    fn tables(&self) -> Vec<Table<'_>> {
        self.own.iter().map(Built::table).chain([SHIPPED]).collect()
    }

    /// Name and points of a kind. A user's table begins with the shipped kinds, at the same places.
    fn kind(&self, kind: u8) -> (String, u32) {
        let table = self.own.as_ref().map_or(SHIPPED, Built::table);
        let kind = table.kinds.get(usize::from(kind));
        kind.map_or_else(Default::default, |kind| (table.text(kind.name).to_owned(), kind.points_each.into()))
    }

    fn written(&self, basis: Basis, verb: Verb, target: &Target<'_>, lines: &[Line]) -> Estimate {
        let tables = self.tables();
        let kinds = tables.first().copied().unwrap_or(SHIPPED);
        let cost = lines.iter().fold(Cost::exactly(BASE_POINTS), |cost, line| cost.with(*line, &kinds));
        let objects = lines.iter().map(|line| {
            let (kind, points_each) = self.kind(line.kind);
            Objects { kind, count: line.likely, points_each }
        });
        let template = template(&tables, verb, target).and_then(|(at, node)| Some(tables.get(at)?.template(node)));
        let (confidence, source, _) = self.provenance(basis);
        // A source speaks of a template's own objects; what else comes with them is our reading.
        let confidence = if lines.len() > 1 { Confidence::Assumed } else { confidence };
        Estimate {
            points: cost.likely,
            low: cost.low,
            high: cost.high,
            base: BASE_POINTS,
            objects: objects.collect(),
            template,
            confidence,
            source,
            counted: false,
        }
    }

    /// How far a basis is to be believed, what it rests on, and the address of that.
    fn provenance(&self, basis: Basis) -> (Confidence, String, String) {
        let own = self.own.as_ref();
        let own_general = own.and_then(|own| own.general.as_ref());
        let general = own_general.unwrap_or(&GENERAL);
        let (is_own, provenance) = match (basis, own) {
            (Basis::Row(0, row), Some(own)) => (true, own.provenance.get(row)),
            (Basis::Row(_, row), _) => (false, PROVENANCE.get(row)),
            (Basis::Write, _) => (own_general.is_some(), Some(&general.write)),
            (Basis::NoBody, _) => (own_general.is_some(), Some(&general.no_body)),
            (Basis::Unnamed, _) => (own_general.is_some(), Some(&general.unnamed)),
        };
        let &(source, confidence): &Provenance = provenance.unwrap_or(&GENERAL.unnamed);
        let place = usize::from(source);
        let shipped = || SOURCES.get(place).map(|(text, address)| ((*text).to_owned(), (*address).to_owned()));
        let found = own.filter(|_| is_own).map_or_else(shipped, |own| own.sources.get(place).cloned());
        let (text, address) = found.unwrap_or_default();
        (confidence, text, address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::price;
    use proptest::prelude::*;

    const COSTS: &str = r#"
[sources.ours]
title = "ours"
date = "2026-11"
confidence = "measured"
[[group]]
source = "ours"
rows = [ROWS]
"#;

    fn with_rows(rows: &str) -> Result<Catalog, CostsError> {
        Catalog::with_costs(&COSTS.replace("ROWS", rows))
    }

    #[test]
    fn every_shipped_row_has_a_dated_source_and_a_template_that_finds_it() {
        let catalog = Catalog::shipped();
        let rows: Vec<_> = catalog.rows().collect();
        assert!(rows.len() > 500, "{} rows", rows.len());
        for row in rows {
            let (title, date) = row.source.rsplit_once(", ").unwrap();
            assert!(!title.is_empty() && date.starts_with("20"), "{row:?}");
            assert!(row.address.starts_with("https://"), "{row:?}");
            let estimate = catalog.estimate(row.method, &row.template, None);
            assert_eq!(estimate.template.as_ref(), Some(&row.template));
            assert_eq!((estimate.confidence, &estimate.source), (row.confidence, &row.source), "{row:?}");
        }
    }

    #[test]
    fn a_users_rows_are_asked_first_and_the_others_stay() {
        let catalog = with_rows(r#"{ path = "/wiki/api/v2/{what}/{id}", kind = "user" }"#).unwrap();
        let estimate = catalog.estimate("GET", "/wiki/api/v2/pages/1", None);
        assert_eq!((estimate.points, estimate.source.as_str()), (3, "ours, 2026-11"));
        assert_eq!(estimate.template.as_deref(), Some("/wiki/api/v2/{what}/{id}"));
        let estimate = catalog.estimate("GET", "/wiki/api/v2/pages?limit=7", None);
        assert_eq!((estimate.points, estimate.template.as_deref()), (8, Some("/wiki/api/v2/pages")));
    }

    #[test]
    fn a_users_row_may_charge_a_write() {
        let row =
            r#"{ path = "/rest/api/{v}/issue/bulk", method = "POST", kind = "issue", returns = "whole", count = 50 }"#;
        let estimate = with_rows(row).unwrap().estimate("POST", "/rest/api/3/issue/bulk", Some(4));
        assert_eq!((estimate.points, estimate.confidence), (5, Confidence::Measured));
    }

    #[test]
    fn a_wrong_file_is_told_its_place_and_what_is_allowed() {
        for (rows, said) in [
            (
                r#"{ path = "/a", kind = "pgae" }"#,
                "line 8, column 31: unknown kind `pgae`: use one of other, attachment, ",
            ),
            (
                r#"{ path = "/a", source = "theirs" }"#,
                "line 8, column 33: unknown source `theirs`: use one of ours, or",
            ),
            (
                r#"{ path = "/a", expands = "all" }"#,
                "line 8, column 34: unknown set of expansions `all`: describe it in this file",
            ),
            (r#"{ path = "a" }"#, "line 8, column 18: `a` does not begin with `/`: write it like"),
            (r#"{ path = "/a//b" }"#, "line 8, column 18: `/a//b` has a segment that is neither"),
            (r#"{ path = "/a/{b" }"#, "line 8, column 18: `/a/{b` has a segment that is neither"),
            (r#"{ path = "/a", returns = "whole" }"#, "line 8, column 18: `/a` is a list: say how long"),
            (r#"{ path = "/a", returns = "some" }"#, "unknown variant `some`, expected one of `one`, `page`, `whole`"),
            (r#"{ path = "/a", method = "LIST" }"#, "unknown variant `LIST`, expected one of `GET`"),
            (r#"{ path = "/a", count = -1 }"#, "line 8, column 32: "),
            (r#"{ kind = "page" }"#, "missing field `path`"),
        ] {
            let error = with_rows(rows).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(said) && error.lines().count() == 1, "{rows}: {error}\nwanted: {said}");
        }
    }

    #[test]
    fn as_many_rows_as_anybody_writes_make_a_table_and_too_many_an_error() {
        let rows = |count: usize| (0..count).map(|at| format!("{{ path = \"/a/b{at}/c\" }},\n")).collect::<String>();
        let catalog = with_rows(&rows(200)).unwrap();
        assert_eq!(catalog.estimate("GET", "/a/b199/c", None).template.as_deref(), Some("/a/b199/c"));
        let error = with_rows(&rows(300)).unwrap_err();
        assert_eq!(error.text, "the file has too many segments after one: leave some out");
    }

    proptest! {
        #[test]
        fn an_estimate_says_what_price_says(at in 0_usize..500, query in "(limit|maxResults)=[0-9]{1,4}", known in any::<Option<u64>>()) {
            let catalog = Catalog::shipped();
            let row = catalog.rows().nth(at).unwrap();
            let target = format!("{}?{query}", row.template);
            let estimate = catalog.estimate(row.method, &target, None);
            let cost = Cost { low: estimate.low, likely: estimate.points, high: estimate.high };
            prop_assert_eq!(cost, price(row.method, &target));
            let estimate = catalog.estimate(row.method, &target, known);
            let objects = estimate.objects.iter().map(|objects| objects.count * objects.points_each);
            prop_assert_eq!(estimate.points, BASE_POINTS + objects.sum::<u32>());
        }

        #[test]
        fn no_costs_file_panics(text in ".{0,60}", rows in "[{}\\[\\]a-z=\", /0-9]{0,60}") {
            for error in [Catalog::with_costs(&text).err(), with_rows(&rows).err()].into_iter().flatten() {
                prop_assert!(error.line > 0 && error.column > 0);
            }
        }
    }
}
