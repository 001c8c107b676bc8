//! The table in which prices are looked up: flat arrays of small numbers, so that it can lie in the program as constants.
//!
//! The build script writes one from `data/points/`; a user's own file becomes another at run time.

/// More objects than this are not believed of one list, so that no query overflows a pool.
pub const MOST_OBJECTS: u32 = 10_000;

/// A piece of a table's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Its first byte.
    pub start: u16,
    /// Its length in bytes.
    pub len: u8,
}

impl Span {
    /// Its bytes.
    pub fn range(self) -> std::ops::Range<usize> {
        let start = usize::from(self.start);
        start..start + usize::from(self.len)
    }
}

/// A segment of a path. The children of a node stand together: literal ones in the order of their lengths and then
/// their bytes, so that most are told apart without a look at the text, then the parameter, if there is one. Node 0 is
/// the root.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// What the segment says; a parameter in braces.
    pub segment: Span,
    /// What a GET of the path that ends here returns: a place in the shapes, or [`NONE`].
    pub get: u8,
    /// The first of its children.
    pub first: u16,
    /// How many children it has.
    pub children: u8,
}

/// No place.
pub const NONE: u8 = u8::MAX;

/// What a path returns to another method than GET.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The node where the path ends.
    pub node: u16,
    /// The method.
    pub method: Method,
    /// What it returns: a place in the shapes.
    pub shape: u8,
}

/// A method that rows are about. HEAD and OPTIONS return no objects and have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// As HTTP writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What a request returns that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// One object, a list, or nothing.
    pub returns: Returns,
    /// The kind of its objects: a place in the kinds.
    pub kind: u8,
    /// How many there are when the query does not say.
    pub count: u16,
    /// The most that one answer holds.
    pub most: u16,
    /// The query parameter that sets the size of a page: a place in the names.
    pub by: u8,
    /// Where in the answer they are: a place in the names. Dots lead inside; the empty name is the whole answer.
    pub list: u8,
    /// The first of the expansions that the query can ask for.
    pub expansion: u8,
    /// How many there are.
    pub expansions: u8,
}

/// How many objects a request returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Returns {
    /// One.
    #[default]
    One,
    /// A page of a list.
    Page,
    /// A whole list, however long.
    Whole,
    /// None that is counted.
    Nothing,
}

/// Further objects that come with each object, if the query asks for them.
#[derive(Clone, Copy, Debug)]
pub struct Expansion {
    /// The query parameter: a place in the names.
    pub by: u8,
    /// The name among its values: a place in the names; the empty name if its value is `true`.
    pub name: u8,
    /// Where in each object they are: a place in the names.
    pub list: u8,
    /// Their kind.
    pub kind: u8,
    /// How many there are at most; 0 stands for exactly one.
    pub count: u16,
}

/// A kind of object.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name.
    pub name: Span,
    /// Points that each object adds to a read.
    pub points_each: u16,
}

/// The kind of the one object that a path returns which no template names, by its last segment.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The segment.
    pub segment: Span,
    /// The kind.
    pub kind: u8,
}

/// A whole table. All places in it are checked when it is built; a wrong one is read as none.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    pub text: &'a str,
    pub nodes: &'a [Node],
    /// In the order of their nodes and then of their methods.
    pub rows: &'a [Row],
    /// The first is empty.
    pub names: &'a [Span],
    pub shapes: &'a [Shape],
    pub expansions: &'a [Expansion],
    /// The first is `other`.
    pub kinds: &'a [Kind],
    pub rules: &'a [Rule],
}

impl<'a> Table<'a> {
    /// The text of a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The same as bytes.
    #[must_use]
    pub fn bytes(&self, span: Span) -> &'a [u8] {
        self.text.as_bytes().get(span.range()).unwrap_or_default()
    }

    /// A name.
    #[must_use]
    pub fn name(&self, place: u8) -> &'a str {
        self.names.get(usize::from(place)).map_or("", |span| self.text(*span))
    }

    /// The same as bytes.
    #[must_use]
    pub fn name_bytes(&self, place: u8) -> &'a [u8] {
        self.names.get(usize::from(place)).map_or(&[], |span| self.bytes(*span))
    }
}
