//! Where the objects of an answer stand in its body, and what each of them costs: asked of the model once for each path
//! template.

use headroom_model::operation::Request;
use headroom_model::points::price_after;

/// Where the objects of an answer stand, and what each costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Names with dots between, `*` for any name; empty if the answer itself is the list.
    pub(super) list: &'static str,
    pub(super) points_each: u32,
    /// Whether one object may stand alone, without a list around it.
    pub(super) is_single: bool,
}

impl Layout {
    pub(super) const SINGLE: Self = Self { list: "", points_each: 1, is_single: true };

    /// Tries the known lists, the most frequent first.
    pub(super) fn of(request: &Request) -> Self {
        let cost = |body: &[u8]| price_after(&request.method, &request.path, body).ok().map(|cost| cost.likely);
        let each = |list| {
            let [two, three] = [2, 3].map(|objects| cost(&list_of(list, objects)));
            Some((list, three?.saturating_sub(two?)))
        };
        let (list, points_each) = LISTS.iter().copied().find_map(each).unwrap_or(("", 1));
        Self { list, points_each, is_single: cost(b"{}").is_some() }
    }
}

/// Every list of the model's tables: see the test.
const LISTS: &[&str] = &[
    "",
    "results",
    "values",
    "issues",
    "comments",
    "worklogs",
    "permissions",
    "*",
    "*.results",
    "actors",
    "applicationRoles.items",
    "associatedContents.results",
    "availableTransitions",
    "classifications",
    "dashboards",
    "entries",
    "features",
    "fields",
    "gadgets",
    "groups",
    "groups.items",
    "hierarchy",
    "histories",
    "issueChangeLogs.changeHistories",
    "issueLinkTypes",
    "issueSecuritySchemes",
    "issueTypes",
    "issueTypes.values",
    "keys",
    "levels",
    "matches.matchedIssues",
    "modules",
    "operations",
    "permissionSchemes",
    "permissions.*",
    "projectDataPolicies",
    "projectPermissions",
    "projects",
    "projects.values",
    "records",
    "reports",
    "sections.issues",
    "spaceContentStates",
    "system",
    "transitions",
    "users",
    "users.users",
    "voters",
    "watchers",
    "workflowSchemes.values",
    "workflows",
    "workflows.values",
    "workspaceIds",
];

/// The list of so many empty objects, at its place.
pub(super) fn list_of(list: &str, objects: u32) -> Vec<u8> {
    let mut body = Vec::with_capacity(objects as usize * 3 + list.len() * 3 + 8);
    let names = || list.split('.').filter(|name| !name.is_empty());
    for name in names() {
        body.extend([b"{\"", name.as_bytes(), b"\":"].concat());
    }
    body.push(b'[');
    for at in 0..objects {
        body.extend_from_slice(if at == 0 { b"{}" } else { b",{}" });
    }
    body.push(b']');
    body.extend(names().map(|_| b'}'));
    body
}
