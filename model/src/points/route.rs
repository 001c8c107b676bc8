//! What names the limits of a request: its path template, and the issue that its path is about.

use super::find::Target;
use super::reckon::Basis;
use super::shipped::SHIPPED;
use super::{Cost, priced};

/// A path template that the shipped files name: a key that is cheap to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Template(u16);

impl Template {
    /// The template of a target; one with a row for this method before any other. None if no row names it.
    #[must_use]
    pub fn of(method: &str, target: &str) -> Option<Self> {
        Route::of(method, target).template
    }

    /// A number of its own, in this version.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Its text, as in `/wiki/api/v2/pages/{id}`.
    #[must_use]
    pub fn text(self) -> String {
        SHIPPED.template(self.0.into())
    }
}

/// What method and target tell of a request's limits. Nothing is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    /// What it costs, see [`price`](super::price).
    pub cost: Cost,
    /// Its path template, if one is known.
    pub template: Option<Template>,
    /// The Jira issue below which its path lies: key or id, as it stands there.
    pub issue: Option<&'a str>,
}

/// Longer than any key or id of an issue. Assumed: project keys have 10 characters unless an administrator allows more.
const LONGEST_ISSUE: usize = 64;

impl<'a> Route<'a> {
    /// Reads method and target as [`price`](super::price) does.
    ///
    /// ```
    /// use headroom_model::points::Route;
    /// assert_eq!(Route::of("PUT", "/ex/jira/1a2b/rest/api/3/issue/KEY-7/assignee").issue, Some("KEY-7"));
    /// assert_eq!(Route::of("POST", "/rest/api/3/issue/bulk").issue, None);
    /// ```
    #[must_use]
    pub fn of(method: &str, target: &'a str) -> Self {
        let target = Target::of(target);
        let (cost, basis) = priced(method, &target);
        let node = match basis {
            Basis::Row(_, row) => SHIPPED.node(row),
            // A row for another method names it as well.
            _ => SHIPPED.find(&target, None),
        };
        let template = node.and_then(|node| u16::try_from(node).ok()).map(Template);
        Self { cost, template, issue: issue(&target) }
    }
}

fn issue<'a>(target: &Target<'a>) -> Option<&'a str> {
    let [b"rest", b"api", _, b"issue", issue, ..] = target.segments() else { return None };
    let digits = issue.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let is_one = digits > 0 && issue.iter().rev().nth(digits).is_none_or(|byte| *byte == b'-');
    // Cut at slashes, so it is a text as the target is.
    if is_one && issue.len() <= LONGEST_ISSUE { str::from_utf8(issue).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::price;
    use crate::points::table::NONE;

    #[test]
    fn an_issue_is_told_from_what_else_stands_in_its_place() {
        let issue = |target: &str| Route::of("POST", target).issue.map(str::to_owned);
        assert_eq!(issue("/rest/api/3/issue/KEY-7/comment?expand=x").as_deref(), Some("KEY-7"));
        assert_eq!(issue("https://api.atlassian.com/ex/jira/x/rest/api/latest/issue/10001").as_deref(), Some("10001"));
        for other in ["createmeta", "bulk", "picker", "KEY-", "-", "KEY-7a", &"7".repeat(65)] {
            assert_eq!(issue(&format!("/rest/api/3/issue/{other}")), None, "{other}");
        }
        assert_eq!(issue("/rest/api/3/issue"), None);
        assert_eq!(issue("/wiki/rest/api/issue/KEY-7"), None, "Confluence has none");
    }

    /// So that a template can be written down as text, and found again by another version.
    #[test]
    fn the_template_of_a_method_is_that_of_its_own_text() {
        let nodes_of_rows = SHIPPED.rows.iter().map(|row| usize::from(row.node));
        let nodes_of_gets = (0..SHIPPED.nodes.len()).filter(|node| SHIPPED.nodes[*node].get != NONE);
        let templates = nodes_of_rows.chain(nodes_of_gets).map(|node| Template(u16::try_from(node).unwrap()));
        for text in templates.map(Template::text) {
            for method in ["GET", "POST", "PUT", "DELETE", ""] {
                let found = Template::of(method, &text).unwrap();
                assert_eq!(Template::of(method, &found.text()), Some(found), "{method} {text}");
            }
        }
    }

    #[test]
    fn the_template_of_a_route_is_that_of_its_row_else_of_any() {
        for (method, target, text) in [
            ("GET", "/rest/api/3/issue/KEY-7", Some("/rest/api/{version}/issue/{issueIdOrKey}")),
            ("put", "/rest/api/3/issue/7", Some("/rest/api/{version}/issue/{issueIdOrKey}")),
            ("POST", "/rest/api/3/search/jql", Some("/rest/api/{version}/search/jql")),
            ("HEAD", "/wiki/rest/api/content/1", Some("/wiki/rest/api/content/{id}")),
            ("X", "/x?y", None),
        ] {
            let Route { cost, template, .. } = Route::of(method, target);
            assert_eq!((cost, template.map(Template::text).as_deref()), (price(method, target), text), "{method}");
        }
    }
}
