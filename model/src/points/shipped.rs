//! The table that the build script made of `data/points/`.

use super::table::Method::Post;
use super::table::Returns::{Nothing, One, Page, Whole};
use super::table::{Expansion, Kind, Node, Row, Rule, Shape, Span, Table};
#[cfg(feature = "full")]
use super::{
    builder::Provenance,
    sheet::General,
    source::Confidence::{Assumed, Documented, Measured},
};

include!(concat!(env!("OUT_DIR"), "/table.rs"));
#[cfg(feature = "full")]
include!(concat!(env!("OUT_DIR"), "/provenance.rs"));
