//! GraphQL: what an operation costs before it is sent (feature `full`), and what an answer says within HTTP 200.
//!
//! The cost follows the model of REST, 1 and more for each object (Confluence rate limiting page, 2025-12-12: "the
//! same points system applies to both REST and GraphQL APIs"). Which field returns which kind of object is our reading
//! of names, in `model/data/graphql.toml`: no schema is asked.
//!
//! | file | answers |
//! | --- | --- |
//! | `answer`, `cost` | what went wrong, and the `extensions.cost` block |
//! | `document`, `fragments`, `value`, `error` | a document, read within bounds, and its errors with their place |
//! | `catalog` | which names are which kind of object |
//! | `estimate` | the points of each operation |

mod answer;
mod cost;

#[cfg(feature = "full")]
mod catalog;
#[cfg(feature = "full")]
mod document;
#[cfg(feature = "full")]
mod error;
#[cfg(feature = "full")]
mod estimate;
#[cfg(feature = "full")]
mod fragments;
#[cfg(feature = "full")]
mod value;

pub use answer::{ErrorKind, GraphqlAnswer, GraphqlError, read};
pub use cost::CostReport;

#[cfg(feature = "full")]
pub use catalog::{Catalog, Named};
#[cfg(feature = "full")]
pub use document::OperationKind;
#[cfg(feature = "full")]
pub use error::InvalidGraphql;
#[cfg(feature = "full")]
pub use estimate::{ObjectCount, OperationEstimate, estimate};
#[cfg(feature = "full")]
pub use value::{Variables, read_variables};
