//! Makes a table out of costs files, and says where in a file something is wrong.

use super::sheet::{ExpansionText, General, Group, RowText, Sheet};
use super::source::Confidence;
use super::table::{Expansion, Kind, MOST_OBJECTS, Method, NONE, Node, Returns, Row, Rule, Shape, Span, Table};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// A table with everything that it refers to.
#[derive(Debug, Default)]
pub struct Built {
    text: String,
    nodes: Vec<Node>,
    rows: Vec<Row>,
    names: Vec<Span>,
    shapes: Vec<Shape>,
    expansions: Vec<Expansion>,
    kinds: Vec<Kind>,
    rules: Vec<Rule>,
    /// What the rows rest on: title and date, and the address if it is public.
    pub sources: Vec<(String, String)>,
    /// Of the GET of each node, then of each row.
    pub provenance: Vec<Provenance>,
    /// Sources of the general rules.
    pub general: Option<General<Provenance>>,
}

/// What a figure rests on: a place in the sources, and how far it is to be believed.
pub type Provenance = (u16, Confidence);

/// Why a file makes no table.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The bytes in question.
    pub at: Range<usize>,
    /// What is wrong and what is allowed.
    pub text: String,
}

impl Built {
    /// The table.
    pub fn table(&self) -> Table<'_> {
        Table {
            text: &self.text,
            nodes: &self.nodes,
            rows: &self.rows,
            names: &self.names,
            shapes: &self.shapes,
            expansions: &self.expansions,
            kinds: &self.kinds,
            rules: &self.rules,
        }
    }

    /// Lays the longest pieces of text down first: most of the shorter ones are part of them.
    fn pack(&mut self) -> Result<(), Problem> {
        let Self { text, nodes, names, kinds, rules, .. } = self;
        let mut spans: Vec<_> = nodes.iter_mut().map(|node| &mut node.segment).chain(names).collect();
        spans.extend(kinds.iter_mut().map(|kind| &mut kind.name));
        spans.extend(rules.iter_mut().map(|rule| &mut rule.segment));
        spans.sort_by_key(|span| Reverse(span.len));
        let unpacked = std::mem::take(text);
        for span in spans {
            let part = unpacked.get(span.range()).unwrap_or_default();
            span.start = small(place_in(text, part), "names").map_err(somewhere)?;
        }
        Ok(())
    }
}

/// Where a piece of text is; it is added if it is not there.
fn place_in(text: &mut String, part: &str) -> usize {
    text.find(part).unwrap_or_else(|| {
        text.push_str(part);
        text.len() - part.len()
    })
}

/// Takes files one after the other. Each may use the kinds of those before it.
#[derive(Debug)]
pub struct Builder {
    built: Built,
    root: Draft,
}

/// A node while the tree grows. Literal children come before the parameter, the shorter ones first.
#[derive(Debug, Default)]
struct Draft {
    segment: Span,
    children: BTreeMap<(bool, usize, String), Draft>,
    rows: BTreeMap<Method, (u8, Provenance)>,
}

/// What the names of one file mean.
struct Names {
    sources: BTreeMap<String, Provenance>,
    expansions: BTreeMap<String, Range<u8>>,
}

impl Builder {
    /// Begins with the kinds of another table, or with `other` alone.
    pub fn new(kinds: Option<Table<'_>>) -> Self {
        let mut built = Built { names: vec![Span::default()], ..Built::default() };
        match kinds {
            Some(table) => {
                built.text.push_str(table.text);
                built.kinds.extend(table.kinds);
            }
            None => {
                built.text.push_str("other");
                built.kinds.push(Kind { name: Span { start: 0, len: 5 }, points_each: 1 });
            }
        }
        Self { built, root: Draft::default() }
    }

    /// Takes a file.
    ///
    /// # Errors
    ///
    /// A name that nothing explains, a path that is none, a template that stands twice, or a file that is too large.
    pub fn add(&mut self, sheet: &Sheet) -> Result<(), Problem> {
        for (name, kind) in &sheet.kinds {
            let points_each = kind.points_each.unwrap_or(kind.class.points_each());
            let text = self.built.text.clone();
            let is_known = |known: &&mut Kind| text.get(known.name.range()) == Some(name);
            match self.built.kinds.iter_mut().find(is_known) {
                Some(known) => known.points_each = points_each,
                None => {
                    let name = self.span(name).map_err(somewhere)?;
                    self.built.kinds.push(Kind { name, points_each });
                }
            }
        }
        for (segment, kind) in &sheet.last_segments {
            let segment = self.span(segment).map_err(somewhere)?;
            let kind = self.kind(kind)?;
            self.built.rules.push(Rule { segment, kind });
        }
        let names = self.names(sheet)?;
        if let Some(general) = &sheet.general {
            self.built.general = Some(General {
                write: *named(&names.sources, &general.write, "source")?,
                no_body: *named(&names.sources, &general.no_body, "source")?,
                unnamed: *named(&names.sources, &general.unnamed, "source")?,
            });
        }
        for group in &sheet.group {
            for row in &group.rows {
                self.row(group, row, &names)?;
            }
        }
        Ok(())
    }

    fn names(&mut self, sheet: &Sheet) -> Result<Names, Problem> {
        let mut names = Names { sources: BTreeMap::new(), expansions: BTreeMap::new() };
        for (name, source) in &sheet.sources {
            if !is_date(source.date.get_ref()) {
                let text = format!("`{}` is no date: write `2026-11-22`, or `2026-11`", source.date.get_ref());
                return Err(Problem { at: source.date.span(), text });
            }
            let place = small(self.built.sources.len(), "sources").map_err(somewhere)?;
            let text = format!("{}, {}", source.title, source.date.get_ref());
            self.built.sources.push((text, source.address.clone()));
            names.sources.insert(name.clone(), (place, source.confidence));
        }
        for (name, set) in &sheet.expansions {
            let first = self.built.expansions.len();
            for expansion in set {
                let expansion = self.expansion(expansion)?;
                self.built.expansions.push(expansion);
            }
            let end = small(self.built.expansions.len(), "expansions").map_err(somewhere)?;
            names.expansions.insert(name.clone(), u8::try_from(first).unwrap_or(u8::MAX)..end);
        }
        Ok(names)
    }

    fn expansion(&mut self, text: &ExpansionText) -> Result<Expansion, Problem> {
        let kind = self.kind(&text.kind)?;
        let mut name = |part: &str| self.name(part).map_err(|why| Problem { at: text.kind.span(), text: why });
        let (by, list) = (name(&text.by)?, name(text.list.as_deref().unwrap_or(&text.name))?);
        let name = name(&text.name)?;
        Ok(Expansion { by, name, list, kind, count: text.count.min(MOST_OBJECTS as u16) })
    }

    fn row(&mut self, group: &Group, row: &RowText, names: &Names) -> Result<(), Problem> {
        let at = row.path.span();
        let problem = |text: String| Problem { at: at.clone(), text };
        let (source, confidence) = *named(&names.sources, row.source.as_ref().unwrap_or(&group.source), "source")?;
        let provenance = (source, row.confidence.unwrap_or(confidence));
        let shape = self.shape(group, row, names)?;
        let place = self.built.shapes.iter().position(|known| *known == shape).unwrap_or_else(|| {
            self.built.shapes.push(shape);
            self.built.shapes.len() - 1
        });
        let shape = small(place, "different rows").map_err(problem)?;
        if shape == NONE {
            return Err(problem("the file has too many different rows: leave some out".to_owned()));
        }
        let method = row.method.unwrap_or(Method::Get);
        let path = format!("{}{}", group.under, row.path.get_ref());
        match self.leaf(&path).map_err(problem)?.rows.insert(method, (shape, provenance)) {
            None => Ok(()),
            Some(_) => Err(problem(format!("`{path}` stands twice with the same method: keep one row"))),
        }
    }

    fn shape(&mut self, group: &Group, row: &RowText, names: &Names) -> Result<Shape, Problem> {
        let problem = |text: String| Problem { at: row.path.span(), text };
        let none = 0..0;
        let expansions =
            row.expands.as_ref().map_or(Ok(&none), |set| named(&names.expansions, set, "set of expansions"))?;
        let is_page = row.returns == Returns::Page;
        let is_list = is_page || row.returns == Returns::Whole;
        // What only pages have, a whole list does not take from its group.
        let by = row.by.as_ref().or(group.by.as_ref().filter(|_| is_page)).filter(|_| is_list);
        let list = row.list.as_ref().or(group.list.as_ref()).filter(|_| is_list);
        let count = match row.count.or(group.count.filter(|_| is_page)).filter(|count| *count > 0) {
            Some(count) if is_list => count,
            None if is_list => {
                let path = row.path.get_ref();
                return Err(problem(format!("`{path}` is a list: say how long it is expected to be, `count = 25`")));
            }
            _ => 1,
        };
        let most = row.most.or(group.most).map_or(MOST_OBJECTS as u16, |most| most.min(MOST_OBJECTS as u16));
        Ok(Shape {
            returns: row.returns,
            kind: row.kind.as_ref().map_or(Ok(0), |kind| self.kind(kind))?,
            count: count.min(most),
            most,
            by: self.name(by.map_or("", String::as_str)).map_err(problem)?,
            list: self.name(list.map_or("", String::as_str)).map_err(problem)?,
            expansion: expansions.start,
            expansions: expansions.end.saturating_sub(expansions.start),
        })
    }

    /// The node of a path, made if need be.
    fn leaf(&mut self, path: &str) -> Result<&mut Draft, String> {
        let wrong = |why| format!("`{path}` {why}: write it like `/rest/api/{{version}}/issue/{{id}}`");
        let segments: Vec<_> =
            path.strip_prefix('/').ok_or_else(|| wrong("does not begin with `/`"))?.split('/').collect();
        if segments.len() > MOST_SEGMENTS {
            return Err(wrong("has more than 20 segments"));
        }
        let mut spans = Vec::new();
        for segment in &segments {
            let is_parameter = segment.len() > 2 && segment.starts_with('{') && segment.ends_with('}');
            if segment.is_empty()
                || segment.contains(['?', '#', '%', ' '])
                || (segment.contains(['{', '}']) && !is_parameter)
            {
                return Err(wrong("has a segment that is neither a name nor a parameter in braces"));
            }
            spans.push((is_parameter, self.span(segment)?));
        }
        let mut draft = &mut self.root;
        for (segment, (is_parameter, span)) in segments.into_iter().zip(spans) {
            let name = if is_parameter { String::new() } else { segment.to_owned() };
            let key = (is_parameter, name.len(), name);
            draft = draft.children.entry(key).or_insert_with(|| Draft { segment: span, ..Draft::default() });
        }
        Ok(draft)
    }

    fn kind(&self, name: &Spanned<String>) -> Result<u8, Problem> {
        let table = self.built.table();
        let place = table.kinds.iter().position(|kind| table.text(kind.name) == name.get_ref());
        place.and_then(|place| u8::try_from(place).ok()).ok_or_else(|| {
            let known: Vec<_> = table.kinds.iter().map(|kind| table.text(kind.name)).collect();
            unknown("kind", name, &known)
        })
    }

    fn span(&mut self, part: &str) -> Result<Span, String> {
        Ok(Span {
            start: small(place_in(&mut self.built.text, part), "names")?,
            len: u8::try_from(part.len()).map_err(|_| format!("`{part}` is longer than 255 bytes"))?,
        })
    }

    /// A place in the names.
    fn name(&mut self, part: &str) -> Result<u8, String> {
        let known = self.built.names.iter().position(|name| self.built.text.get(name.range()) == Some(part));
        let place = match known {
            Some(place) => place,
            None => {
                let span = self.span(part)?;
                self.built.names.push(span);
                self.built.names.len() - 1
            }
        };
        small(place, "names of lists and parameters")
    }

    /// The table, its nodes level by level.
    ///
    /// # Errors
    ///
    /// More templates than places for them.
    pub fn finish(mut self) -> Result<Built, Problem> {
        let mut level = vec![self.root];
        let mut next_child = 1;
        let mut of_rows = Vec::new();
        while !level.is_empty() {
            let mut below = Vec::new();
            for draft in level {
                let place = small(self.built.nodes.len(), "segments").map_err(somewhere)?;
                let first = small(next_child, "segments").map_err(somewhere)?;
                let children = small(draft.children.len(), "segments after one").map_err(somewhere)?;
                let mut node = Node { segment: draft.segment, get: NONE, first, children };
                // Where there is no GET, this is not asked for.
                let mut of_get = (0, Confidence::Assumed);
                for (method, (shape, provenance)) in draft.rows {
                    if method == Method::Get {
                        (node.get, of_get) = (shape, provenance);
                    } else {
                        self.built.rows.push(Row { node: place, method, shape });
                        of_rows.push(provenance);
                    }
                }
                self.built.nodes.push(node);
                self.built.provenance.push(of_get);
                next_child += draft.children.len();
                below.extend(draft.children.into_values());
            }
            level = below;
        }
        self.built.provenance.extend(of_rows);
        self.built.pack()?;
        Ok(self.built)
    }
}

/// A template has no more segments than this.
const MOST_SEGMENTS: usize = 20;

fn named<'a, T>(known: &'a BTreeMap<String, T>, name: &Spanned<String>, what: &str) -> Result<&'a T, Problem> {
    known.get(name.get_ref()).ok_or_else(|| unknown(what, name, &known.keys().map(String::as_str).collect::<Vec<_>>()))
}

fn unknown(what: &str, name: &Spanned<String>, known: &[&str]) -> Problem {
    let list = if known.is_empty() { String::new() } else { format!("use one of {}, or ", known.join(", ")) };
    let text = format!("unknown {what} `{}`: {list}describe it in this file", name.get_ref());
    Problem { at: name.span(), text }
}

fn small<T: TryFrom<usize>>(place: usize, what: &str) -> Result<T, String> {
    place.try_into().map_err(|_| format!("the file has too many {what}: leave some out"))
}

fn somewhere(text: String) -> Problem {
    Problem { at: 0..0, text }
}

/// A year and a month, and maybe a day.
fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
    parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit())) && matches!(lengths[..], [4, 2] | [4, 2, 2])
}
