//! Jira Cloud REST API v2 and v3. The two differ in the form of texts: v3 has documents where v2 has text.
//!
//! | module | holds |
//! | --- | --- |
//! | `issues` | issues and what lies in them |
//! | `search` | JQL |
//! | `meta` | what all issues have in common: fields, statuses, types |
//! | `view` | objects as this API writes them |

use super::asked::Asked;
use super::lookup::{by_id, group_of, needs, user_of};
use super::pages::Offset;
use super::reply::{Problem, Reply};
use super::site::{Kind, Record, Site};
use headroom_model::operation::Method;
use serde_json::{Value, json};
use view::{View, group, project, user};

mod issues;
mod meta;
mod search;
mod view;

/// The names of offset and size in a query.
const NAMES: [&str; 2] = ["startAt", "maxResults"];

pub(super) fn reply(site: &Site, asked: &Asked<'_>) -> Result<Reply, Problem> {
    let parts = asked.parts();
    let ["rest", "api", version @ ("2" | "3" | "latest"), rest @ ..] = parts.as_slice() else {
        return Err(Problem::unknown());
    };
    let view = View::new(site, asked, *version == "3");
    let is_read = matches!(asked.method, Method::Get | Method::Head);
    match rest {
        ["search", rest @ ..] => search::reply(&view, rest),
        ["issue", "createmeta", rest @ ..] if is_read => meta::createmeta(&view, rest),
        ["issue" | "attachment", ..] => issues::reply(&view, rest),
        _ if is_read => read(&view, rest),
        _ => Err(Problem::unknown()),
    }
}

fn read(view: &View<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    let View { site, asked, .. } = *view;
    match rest {
        ["myself"] => Ok(Reply::one(&user(asked, &user_of(site, "user-1")?))),
        ["serverInfo"] => Ok(Reply::one(&meta::server(asked.base))),
        ["mypermissions"] => Ok(Reply::one(&meta::permissions(asked))),
        ["project"] => Ok(plain(site.all(Kind::Project).map(|one| project(asked, &one)).collect())),
        ["project", "search"] => {
            let page = Offset::of(asked, NAMES, [50, 100], site.all(Kind::Project))?;
            Ok(listed("values", &page, |one| project(asked, one)))
        }
        ["project", id] => Ok(Reply::one(&project(asked, &project_of(site, id)?))),
        ["project", id, "components" | "versions"] => project_of(site, id).map(|_| plain(Vec::new())),
        ["project", id, "statuses"] => project_of(site, id).map(|_| meta::statuses_by_type()),
        ["user"] => {
            Ok(Reply::one(&user(asked, &user_of(site, asked.param("accountId").ok_or_else(|| needs("accountId"))?)?)))
        }
        ["users" | "user", "search"] | ["users"] | ["user", "assignable", "search"] => {
            let page = Offset::of(asked, NAMES, [50, 1_000], wanted_users(site, asked).into_iter())?;
            Ok(plain(page.values(|one| user(asked, one))))
        }
        ["group"] => {
            let group = wanted_group(site, asked)?;
            let page = Offset::at(0, 50, site.within(Kind::User, group.id));
            let mut value = view::group(&group);
            value["users"] = json!({
                "size": page.total, "items": page.values(|one| user(asked, one)), "max-results": 50, "start-index": 0,
                "end-index": page.end(),
            });
            Ok(Reply::json(&value, 1 + page.records.len()))
        }
        ["group", "bulk"] => Ok(listed("values", &Offset::of(asked, NAMES, [50, 200], site.all(Kind::Group))?, group)),
        ["group", "member"] => {
            let members = site.within(Kind::User, wanted_group(site, asked)?.id);
            Ok(listed("values", &Offset::of(asked, NAMES, [50, 50], members)?, |one| user(asked, one)))
        }
        ["groups", "picker"] => {
            let query = asked.param("query").unwrap_or_default().to_lowercase();
            let groups: Vec<Value> =
                site.all(Kind::Group).filter(|one| one.title.contains(&query)).map(|one| group(&one)).collect();
            Ok(Reply::json(&json!({ "groups": groups, "total": groups.len() }), groups.len()))
        }
        rest => meta::read(asked, rest),
    }
}

/// A list as it is.
fn plain(all: Vec<Value>) -> Reply {
    let count = all.len();
    Reply::json(&all.into(), count)
}

fn listed(name: &str, page: &Offset, view: impl FnMut(&Record) -> Value) -> Reply {
    let values = page.values(view);
    let mut body =
        json!({ "startAt": page.start, "maxResults": page.limit, "total": page.total, "isLast": page.is_last() });
    let objects = values.len();
    body[name] = values.into();
    Reply::json(&body, objects)
}

/// By `accountId`, or by a part of the name in `query`.
fn wanted_users(site: &Site, asked: &Asked<'_>) -> Vec<Record> {
    let (account, query) = (asked.param("accountId"), asked.param("query").unwrap_or_default().to_lowercase());
    let is_wanted = |user: &Record| match account {
        Some(account) => format!("user-{}", user.id) == account,
        None => user.title.to_lowercase().contains(&query),
    };
    site.all(Kind::User).filter(is_wanted).collect()
}

fn wanted_group(site: &Site, asked: &Asked<'_>) -> Result<Record, Problem> {
    let name = asked.param("groupId").or_else(|| asked.param("groupname")).ok_or_else(|| needs("groupId"))?;
    group_of(site, name)
}

/// By number or key: `20007` or `P3-20007`.
fn issue_of(site: &Site, id: &str) -> Result<Record, Problem> {
    let issue = by_id(site, Kind::Issue, id.rsplit('-').next().unwrap_or_default(), "issue")?;
    let is_it = !id.contains('-') || key(&issue).eq_ignore_ascii_case(id);
    if is_it { Ok(issue) } else { Err(Problem::missing("issue")) }
}

fn project_of(site: &Site, id: &str) -> Result<Record, Problem> {
    let is_it = |project: &Record| project_key(project.id) == id || project.id.to_string() == id;
    site.all(Kind::Project).find(is_it).ok_or_else(|| Problem::missing("project"))
}

fn project_key(id: u64) -> String {
    format!("P{}", id.saturating_sub(9_999))
}

fn key(issue: &Record) -> String {
    format!("{}-{}", project_key(issue.parent), issue.id)
}
