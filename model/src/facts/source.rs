//! Where a figure is from, and how sure it is.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A page, thread, package or set of measurements that says something. Built from text that is compiled in
/// ([`Source::new`]) or that was read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Short name, unique: lowercase words joined by dashes.
    pub id: Cow<'static, str>,
    /// What it calls itself, or what it is.
    pub title: Cow<'static, str>,
    /// The date that it bears, `YYYY-MM-DD`; `read YYYY-MM` where it bears none.
    pub date: Cow<'static, str>,
    /// Its public address, where it has one.
    pub url: Option<Cow<'static, str>>,
}

impl Source {
    /// A source that is compiled in.
    #[must_use]
    pub const fn new(id: &'static str, title: &'static str, date: &'static str, url: Option<&'static str>) -> Self {
        let url = match url {
            Some(url) => Some(Cow::Borrowed(url)),
            None => None,
        };
        Self { id: Cow::Borrowed(id), title: Cow::Borrowed(title), date: Cow::Borrowed(date), url }
    }
}

/// Title and date, as beside a figure.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.title, self.date)
    }
}

/// How sure a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The source states it in so many words: as a rule, a limit or, in a discussion, a proposal.
    Documented,
    /// Somebody saw it happen and said so in public.
    Measured,
    /// Nobody says it, or those who do contradict each other; we had to choose.
    Assumed,
}

impl Confidence {
    /// Every degree, the surest first.
    pub const ALL: [Self; 3] = [Self::Documented, Self::Measured, Self::Assumed];

    /// The name in outputs and data files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Measured => "measured",
            Self::Assumed => "assumed",
        }
    }

    /// The degree of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|confidence| confidence.name() == name)
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
