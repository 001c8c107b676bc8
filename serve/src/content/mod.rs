//! What the products answer: objects with consistent identities, in pages, that writes change.
//!
//! | module | holds |
//! | --- | --- |
//! | `site` | the objects of one tenant |
//! | `asked` | a request, taken apart |
//! | `reply` | an answer to be: its body, how many objects it holds, what it changes; errors in each product's format |
//! | `pages` | pagination as each API does it |
//! | `lookup` | objects by the names that the products give them |
//! | `files` | files as they come |
//! | `confluence_v1`, `confluence_v2`, `jira`, `bitbucket` | the endpoints |
//! | `query` | the part of CQL and JQL that is understood |

pub(crate) mod asked;
mod bitbucket;
mod confluence_v1;
mod confluence_v2;
mod files;
mod jira;
mod lookup;
mod pages;
mod query;
pub(crate) mod reply;
pub(crate) mod site;

use asked::Asked;
use reply::Reply;
use site::Site;

/// Whose API a path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    ConfluenceV1,
    ConfluenceV2,
    Jira,
    Bitbucket,
}

impl Api {
    /// By the segments of a path without `/ex/{product}/{cloudId}`; none if no product has it.
    pub(crate) fn of(segments: &[&str]) -> Option<Self> {
        match segments {
            ["wiki", "api", "v2", ..] => Some(Self::ConfluenceV2),
            ["wiki", ..] => Some(Self::ConfluenceV1),
            ["rest", ..] => Some(Self::Jira),
            ["2.0", ..] => Some(Self::Bitbucket),
            _ => None,
        }
    }

    /// What it answers if nothing refuses. Nothing is written yet.
    pub(crate) fn reply(self, site: &Site, asked: &Asked<'_>) -> Reply {
        let reply = match self {
            Self::ConfluenceV1 => confluence_v1::reply(site, asked),
            Self::ConfluenceV2 => confluence_v2::reply(site, asked),
            Self::Jira => jira::reply(site, asked),
            Self::Bitbucket => bitbucket::reply(site, asked),
        };
        reply.unwrap_or_else(|problem| Reply::problem(self, &problem))
    }
}
