//! What a REST request costs in points, known from its method and path alone.
//!
//! Source of the rule and of all worked examples: Confluence rate limiting page of 2025-12-12. A request costs 1;
//! a read costs more for each object it returns; a write costs nothing more.

/// What one object of a kind adds to a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// Content, spaces, issues, projects, attachments: 1 point.
    Core,
    /// Users, groups, roles, permissions: 2 points.
    Identity,
    /// Anything that no row of the table names: 1 point.
    Other,
}

impl ObjectKind {
    /// Points that each object of this kind adds.
    #[must_use]
    pub const fn points_each(self) -> u32 {
        match self {
            Self::Core | Self::Other => 1,
            Self::Identity => 2,
        }
    }
}

/// Points that every request costs, whatever it returns.
pub const BASE_POINTS: u32 = 1;

/// The cost of a request in points, as a range, because a list may return fewer objects than asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The least it can cost.
    pub low: u32,
    /// What it most probably costs.
    pub likely: u32,
    /// The most it can cost.
    pub high: u32,
}

impl Cost {
    /// No cost: invocations spend no points.
    pub const FREE: Self = Self::exactly(0);

    /// A cost that is known.
    #[must_use]
    pub const fn exactly(points: u32) -> Self {
        Self { low: points, likely: points, high: points }
    }
}

/// How many objects a read of a template returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Returns {
    One,
    /// A page of a list, of this size when the query names no `limit` or `maxResults`.
    List(u32),
}

struct Template {
    path: &'static str,
    kind: ObjectKind,
    returns: Returns,
}

const fn row(path: &'static str, kind: ObjectKind, returns: Returns) -> Template {
    Template { path, kind, returns }
}

/// Reads with a known kind of object. `*` stands for one segment; the first match wins, so literal segments
/// stand before stars. Default page sizes are those of the products' REST references, read 2026-11.
const TEMPLATES: &[Template] = {
    use ObjectKind::{Core, Identity};
    use Returns::{List, One};
    &[
        row("/wiki/rest/api/content", Core, List(25)),
        row("/wiki/rest/api/content/search", Core, List(25)),
        row("/wiki/rest/api/content/*", Core, One),
        row("/wiki/rest/api/content/*/restriction", Identity, List(100)),
        row("/wiki/rest/api/content/*/child/*", Core, List(25)),
        row("/wiki/rest/api/search", Core, List(25)),
        row("/wiki/rest/api/space", Core, List(25)),
        row("/wiki/rest/api/space/*", Core, One),
        row("/wiki/rest/api/user", Identity, One),
        row("/wiki/rest/api/user/current", Identity, One),
        row("/wiki/rest/api/user/memberof", Identity, List(200)),
        row("/wiki/rest/api/group", Identity, List(200)),
        row("/wiki/rest/api/group/*/member", Identity, List(200)),
        row("/wiki/rest/api/group/*/membersByGroupId", Identity, List(200)),
        row("/wiki/api/v2/pages", Core, List(25)),
        row("/wiki/api/v2/pages/*", Core, One),
        row("/wiki/api/v2/blogposts", Core, List(25)),
        row("/wiki/api/v2/blogposts/*", Core, One),
        row("/wiki/api/v2/attachments/*", Core, One),
        row("/wiki/api/v2/pages/*/attachments", Core, List(25)),
        row("/wiki/api/v2/spaces", Core, List(25)),
        row("/wiki/api/v2/spaces/*", Core, One),
        row("/wiki/api/v2/spaces/*/permissions", Identity, List(25)),
        row("/rest/api/*/issue/*", Core, One),
        row("/rest/api/*/project", Core, List(50)),
        row("/rest/api/*/project/search", Core, List(50)),
        row("/rest/api/*/project/*", Core, One),
        row("/rest/api/*/project/*/role", Identity, List(10)),
        row("/rest/api/*/search", Core, List(50)),
        row("/rest/api/*/search/jql", Core, List(50)),
        row("/rest/api/*/user", Identity, One),
        row("/rest/api/*/myself", Identity, One),
        row("/rest/api/*/user/search", Identity, List(50)),
        row("/rest/api/*/group/member", Identity, List(50)),
    ]
};

/// More objects than this are not believed of one page, so that no query overflows a pool.
const MOST_OBJECTS: u32 = 10_000;

/// What a REST request costs. `target` is path and query; a leading `/ex/{product}/{cloudId}` is passed over.
///
/// Never fails: what no template names costs as one object of kind [`ObjectKind::Other`].
///
/// ```
/// use headroom_model::points::{Cost, price};
/// assert_eq!(price("GET", "/wiki/rest/api/content/123456"), Cost::exactly(2));
/// assert_eq!(price("GET", "/wiki/rest/api/user?accountId=557058:12345678-abcd-1234"), Cost::exactly(3));
/// assert_eq!(price("POST", "/wiki/rest/api/content"), Cost::exactly(1));
/// ```
#[must_use]
pub fn price(method: &str, target: &str) -> Cost {
    if ["POST", "PUT", "PATCH", "DELETE"].iter().any(|write| write.eq_ignore_ascii_case(method)) {
        return Cost::exactly(BASE_POINTS);
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = product_path(path);
    let (kind, returns) = TEMPLATES
        .iter()
        .find(|template| matches(template.path, path))
        .map_or((ObjectKind::Other, Returns::One), |template| (template.kind, template.returns));
    match returns {
        Returns::One => Cost::exactly(BASE_POINTS + kind.points_each()),
        Returns::List(default) => {
            let limit = asked_limit(query).unwrap_or(default).min(MOST_OBJECTS);
            let full = BASE_POINTS + limit * kind.points_each();
            Cost { low: BASE_POINTS, likely: full, high: full }
        }
    }
}

fn product_path(path: &str) -> &str {
    let Some(rest) = path.strip_prefix("/ex/") else { return path };
    let mut slashes = rest.match_indices('/').map(|(at, _)| at);
    slashes.nth(1).map_or(path, |second| &rest[second..])
}

fn matches(template: &str, path: &str) -> bool {
    let mut segments = path.trim_end_matches('/').split('/');
    let mut wanted = template.split('/');
    loop {
        match (wanted.next(), segments.next()) {
            (None, None) => return true,
            (Some("*"), Some(segment)) if !segment.is_empty() => {}
            (Some(want), Some(segment)) if want == segment => {}
            _ => return false,
        }
    }
}

fn asked_limit(query: &str) -> Option<u32> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| matches!(*name, "limit" | "maxResults"))
        .and_then(|(_, value)| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_worked_examples_of_the_documentation_hold() {
        for (method, target, points) in [
            ("GET", "/wiki/rest/api/content/123456", 2),
            ("GET", "/wiki/rest/api/space/DOCS", 2),
            ("GET", "/wiki/rest/api/user?accountId=557058:12345678-abcd-1234", 3),
            ("POST", "/wiki/rest/api/content", 1),
            ("PUT", "/wiki/rest/api/content/123456", 1),
        ] {
            assert_eq!(price(method, target), Cost::exactly(points), "{method} {target}");
        }
    }

    #[test]
    fn a_list_costs_its_limit_at_most() {
        let cost = price("get", "/wiki/api/v2/pages?limit=250");
        assert_eq!((cost.low, cost.likely, cost.high), (1, 251, 251));
        assert_eq!(price("GET", "/wiki/rest/api/group/devs/member?limit=8").likely, 17);
    }

    #[test]
    fn the_oauth_form_of_a_path_costs_the_same() {
        assert_eq!(price("GET", "/ex/confluence/11-22/wiki/rest/api/user/current"), Cost::exactly(3));
        assert_eq!(price("GET", "/ex/jira"), Cost::exactly(2), "too short to be that form");
    }

    proptest! {
        #[test]
        fn any_request_has_an_ordered_bounded_cost(method in ".{0,8}", target in "(/[a-z*]{0,9}){0,6}(\\?.{0,20})?") {
            let cost = price(&method, &target);
            prop_assert!(1 <= cost.low && cost.low <= cost.likely && cost.likely <= cost.high);
            prop_assert!(cost.high <= BASE_POINTS + 2 * MOST_OBJECTS);
        }
    }
}
