//! A costs file as it is written: the shipped ones in `data/points/` and a user's own have the same form.
//!
//! The build script and the run-time reader share this module.

use super::source::Confidence;
use super::table::{Method, Returns};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// A file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sheet {
    /// What the rows rest on, by a short name.
    pub sources: BTreeMap<String, SourceText>,
    /// Kinds of objects, by name.
    pub kinds: BTreeMap<String, KindText>,
    /// Kinds of what no template names, by the last segment of its path.
    pub last_segments: BTreeMap<String, Spanned<String>>,
    /// What the general rules rest on; none if this file does not touch them.
    pub general: Option<General<Spanned<String>>>,
    /// Sets of expansions, by name.
    pub expansions: BTreeMap<String, Vec<ExpansionText>>,
    /// Templates that have something in common.
    pub group: Vec<Group>,
}

/// Sources of the rules that hold where no row does.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct General<T> {
    /// A write costs the base alone.
    pub write: T,
    /// HEAD and OPTIONS cost the base alone.
    pub no_body: T,
    /// A path without a template returns one object.
    pub unnamed: T,
}

/// Where a figure comes from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceText {
    /// What it is called.
    pub title: String,
    /// Its date, or when it was read: year, month and, if known, day.
    pub date: Spanned<String>,
    /// Its public address.
    #[serde(default)]
    pub address: String,
    /// How far its rows are to be believed.
    pub confidence: Confidence,
}

/// A kind of object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindText {
    /// Its class, which says its points.
    pub class: Class,
    /// Its points, where they differ from its class.
    pub points_each: Option<u16>,
}

/// A class of objects. Source of the points: Confluence rate limiting page of 2025-12-12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Content, spaces, issues, projects, dashboards, attachments.
    Core,
    /// Users, groups, roles, permissions.
    Identity,
    /// Whatever the page does not list.
    Other,
}

impl Class {
    /// The name in data files and outputs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Identity => "identity",
            Self::Other => "other",
        }
    }

    /// Points that each object adds to a read.
    #[must_use]
    pub const fn points_each(self) -> u16 {
        match self {
            Self::Core | Self::Other => 1,
            Self::Identity => 2,
        }
    }
}

/// One thing that a query can ask for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpansionText {
    /// The query parameter.
    pub by: String,
    /// The name among its values; without one, the parameter's value is `true`.
    #[serde(default)]
    pub name: String,
    /// Where in each object they are; without it, at its name.
    pub list: Option<String>,
    /// Their kind.
    pub kind: Spanned<String>,
    /// How many there are at most; exactly one without it.
    #[serde(default)]
    pub count: u16,
}

/// Templates that have something in common. What a row says itself, wins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What its rows rest on.
    pub source: Spanned<String>,
    /// What its paths begin with.
    #[serde(default)]
    pub under: String,
    /// See [`RowText`].
    pub by: Option<String>,
    /// See [`RowText`].
    pub list: Option<String>,
    /// See [`RowText`].
    pub count: Option<u16>,
    /// See [`RowText`].
    pub most: Option<u16>,
    /// The templates.
    pub rows: Vec<RowText>,
}

/// A template and what it returns.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowText {
    /// Its path, with parameters in braces.
    pub path: Spanned<String>,
    /// Its method; GET without one.
    pub method: Option<Method>,
    /// The kind of its objects; `other` without one.
    pub kind: Option<Spanned<String>>,
    /// How many there are; one without it.
    #[serde(default)]
    pub returns: Returns,
    /// The query parameter that sets the size of a page.
    pub by: Option<String>,
    /// Where in the answer the list is; without it, the answer is the list.
    pub list: Option<String>,
    /// The size of a page if the query does not set it, or the length that is expected of a whole list.
    pub count: Option<u16>,
    /// The most that one answer holds.
    pub most: Option<u16>,
    /// The name of a set of expansions.
    pub expands: Option<Spanned<String>>,
    /// What this row rests on, if not on its group's source.
    pub source: Option<Spanned<String>>,
    /// How far it is to be believed, if not as far as its source.
    pub confidence: Option<Confidence>,
}
