//! What a tenant holds: the same for all at first, and what was written since.
//!
//! What nobody wrote takes no memory: it is made from its number each time it is asked for.

use std::collections::BTreeMap;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Space,
    Page,
    Attachment,
    User,
    Group,
    Project,
    Issue,
    Comment,
    Worklog,
    File,
    Property,
    Restriction,
    Repository,
    Pipeline,
    Environment,
    Variable,
}

impl Kind {
    /// The first number and how many there are at first. Pages begin where the items of scenarios do.
    const fn range(self) -> (u64, u64) {
        match self {
            Self::Space => (1, 10),
            Self::Page => (100_000, 1_000),
            Self::Attachment => (200_000, 1_000),
            Self::User => (1, 50),
            Self::Group => (1, 5),
            Self::Project => (10_000, 5),
            Self::Issue => (20_000, 1_000),
            Self::Comment => (30_000, 0),
            Self::Worklog | Self::File | Self::Property | Self::Restriction | Self::Variable => (1, 0),
            // Apart from repositories, for variables lie in both.
            Self::Environment => (1_000, 60),
            Self::Repository => (1, 20),
            Self::Pipeline => (1_000, 200),
        }
    }

    /// What an object of this kind lies in, by its place among its kind.
    const fn parent(self, place: u64) -> u64 {
        match self {
            Self::Page => 1 + place % 10,
            Self::Attachment => 100_000 + place,
            Self::User => 1 + place % 5,
            Self::Issue => 10_000 + place % 5,
            Self::Pipeline | Self::Environment => 1 + place % 20,
            _ => 0,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Space => "Space",
            Self::Page => "Page",
            Self::Attachment => "Attachment",
            Self::User => "User",
            Self::Group => "group",
            Self::Project => "Project",
            Self::Issue => "Issue",
            Self::Comment => "Comment",
            Self::Worklog => "Worklog",
            Self::File => "File",
            Self::Property => "Property",
            Self::Restriction => "Restriction",
            Self::Environment => "Environment",
            Self::Variable => "Variable",
            Self::Repository => "repository",
            Self::Pipeline => "Pipeline",
        }
    }
}

/// An object of any kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its number among those of its kind.
    pub(crate) id: u64,
    /// What it lies in: the space of a page, the page of an attachment, property or restriction, the group of a user, the
    /// project of an issue, the issue of a worklog or file, the page or issue of a comment, the repository of a pipeline or
    /// environment, the repository or environment of a variable; 0 in nothing.
    pub(crate) parent: u64,
    /// Its name.
    pub(crate) title: String,
    /// Its text.
    pub(crate) text: String,
    /// 1 when it is new.
    pub(crate) version: u64,
    /// Its labels.
    pub(crate) labels: Vec<String>,
    /// The content of a file that was uploaded.
    pub(crate) bytes: Vec<u8>,
    /// What only objects of its kind have.
    pub(crate) more: BTreeMap<&'static str, String>,
}

/// Numbers of what is written begin here, above all that there is at first.
const FIRST_WRITTEN: u64 = 1_000_000;

/// One tenant's objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Site {
    /// What was written since; none: it was deleted.
    changed: BTreeMap<(Kind, u64), Option<Record>>,
    written: u64,
}

/// A write to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Put(Kind, Record),
    Delete(Kind, u64),
    /// In this order.
    All(Vec<Change>),
}

impl Site {
    pub(crate) fn get(&self, kind: Kind, id: u64) -> Option<Record> {
        self.changed.get(&(kind, id)).map_or_else(|| first(kind, id), Option::clone)
    }

    /// All of a kind in the order of their numbers.
    pub(crate) fn all(&self, kind: Kind) -> impl Iterator<Item = Record> + '_ {
        let (begin, count) = kind.range();
        let old = (begin..begin + count).filter_map(move |id| self.get(kind, id));
        let new = self.changed.range((kind, FIRST_WRITTEN)..=(kind, u64::MAX)).filter_map(|(_, record)| record.clone());
        old.chain(new)
    }

    /// Those that lie in another object.
    pub(crate) fn within(&self, kind: Kind, parent: u64) -> impl Iterator<Item = Record> + '_ {
        self.all(kind).filter(move |record| record.parent == parent)
    }

    /// An object that is to be written, with the next number.
    pub(crate) fn draft(&self, parent: u64, title: &str, text: &str) -> Record {
        let id = FIRST_WRITTEN + self.written;
        Record { id, parent, title: title.to_owned(), text: text.to_owned(), version: 1, ..Record::default() }
    }

    /// Writes, and tells how many bytes of memory that takes at most.
    pub(crate) fn apply(&mut self, change: Change) -> usize {
        let (key, record) = match change {
            Change::Put(kind, record) => ((kind, record.id), Some(record)),
            Change::Delete(kind, id) => ((kind, id), None),
            Change::All(all) => return all.into_iter().map(|change| self.apply(change)).sum(),
        };
        self.written += 1;
        let bytes = record.as_ref().map_or(0, Record::bytes);
        self.changed.insert(key, record);
        // A node of the tree, with room for what it does not use.
        bytes + 256
    }
}

impl Record {
    fn bytes(&self) -> usize {
        let more = self.more.values().map(|value| value.len() + 100).sum::<usize>();
        let labels = self.labels.iter().map(|label| label.len() + 24).sum::<usize>();
        self.title.len() + self.text.len() + self.bytes.len() + labels + more
    }

    /// What only objects of its kind have.
    pub(crate) fn more(&self, name: &str) -> Option<&str> {
        self.more.get(name).map(String::as_str)
    }

    /// The content of a file.
    pub(crate) fn content(&self) -> &[u8] {
        if self.bytes.is_empty() { self.text.as_bytes() } else { &self.bytes }
    }
}

/// An object as it is before anyone writes it.
fn first(kind: Kind, id: u64) -> Option<Record> {
    let (begin, count) = kind.range();
    let place = id.checked_sub(begin).filter(|place| *place < count)?;
    let name = format!("{} {}", kind.word(), place + 1);
    let title = match kind {
        Kind::Attachment => format!("attachment-{}.txt", place + 1),
        Kind::Environment => {
            ["test", "staging", "production"][usize::try_from(place / 20).unwrap_or_default() % 3].to_owned()
        }
        _ => name.clone(),
    };
    let labels = if kind == Kind::Page { vec!["headroom".to_owned(), format!("tenth-{}", place % 10)] } else { vec![] };
    let text = format!("Text of {name}.");
    Some(Record { id, parent: kind.parent(place), text, title, version: 1, labels, ..Record::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn everything_lies_in_something_that_is_there() {
        let site = Site::default();
        for (kind, outer) in [
            (Kind::Page, Kind::Space),
            (Kind::Attachment, Kind::Page),
            (Kind::User, Kind::Group),
            (Kind::Issue, Kind::Project),
            (Kind::Pipeline, Kind::Repository),
            (Kind::Environment, Kind::Repository),
        ] {
            assert!(site.all(kind).count() > 0);
            assert!(site.all(kind).all(|record| site.get(outer, record.parent).is_some()), "{kind:?}");
        }
    }

    proptest! {
        /// The slow site keeps everything in one map.
        #[test]
        fn what_is_written_is_read_in_order_and_what_is_deleted_is_gone(
            writes in prop::collection::vec((0_u8..3, 0_u64..12), 0..60)
        ) {
            let mut site = Site::default();
            let mut slow: BTreeMap<u64, Record> = site.all(Kind::Page).map(|record| (record.id, record)).collect();
            for (what, at) in writes {
                let known = slow.keys().copied().rev().nth(usize::try_from(at).unwrap()).unwrap_or_default();
                let change = match what {
                    0 => Change::All(vec![Change::Put(Kind::Page, site.draft(1, "new", "text"))]),
                    1 => Change::Delete(Kind::Page, known),
                    _ => {
                        let Some(old) = site.get(Kind::Page, known) else { continue };
                        Change::Put(Kind::Page, Record { version: old.version + 1, ..old })
                    }
                };
                let one = if let Change::All(all) = &change { &all[0] } else { &change };
                match one {
                    Change::Put(_, record) => slow.insert(record.id, record.clone()),
                    Change::Delete(_, id) => slow.remove(id),
                    Change::All(_) => None,
                };
                site.apply(change);
            }
            prop_assert!(site.all(Kind::Page).eq(slow.into_values()));
        }
    }
}
