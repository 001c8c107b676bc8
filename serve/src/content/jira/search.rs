//! JQL, as the older search by offset and the newer one by token ask for it.

use super::view::{View, Wanted};
use super::{key, listed, meta, project_key};
use crate::content::asked::text;
use crate::content::pages::Offset;
use crate::content::query::Query;
use crate::content::reply::{Problem, Reply};
use crate::content::site::{Kind, Record, Site};
use headroom_model::operation::Method;
use serde_json::{Value, json};

/// Of the part of a path after `search`.
pub(super) fn reply(view: &View<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    use Method::{Get, Head, Post};
    match (view.asked.method, rest) {
        (Get | Head | Post, []) => by_offset(view),
        (Get | Head | Post, ["jql"]) => by_token(view),
        (Post, ["approximate-count"]) => {
            let count = query(view)?.find(view.site, Kind::Issue, fields).len();
            Ok(Reply::json(&json!({ "count": count }), 1))
        }
        _ => Err(Problem::unknown()),
    }
}

/// Sizes: 50 and 100.
fn by_offset(view: &View<'_>) -> Result<Reply, Problem> {
    let issues = query(view)?.find(view.site, Kind::Issue, fields);
    let limit = number(view, "maxResults")?.unwrap_or(50).min(100);
    let page = Offset::at(number(view, "startAt")?.unwrap_or(0), limit, issues.into_iter());
    let wanted = wanted(view)?;
    Ok(listed("issues", &page, |issue| view.issue(issue, &wanted)))
}

/// Sizes: 50 and 5,000.
fn by_token(view: &View<'_>) -> Result<Reply, Problem> {
    let token = told(view, "nextPageToken")?;
    let limit = number(view, "maxResults")?.unwrap_or(50).clamp(1, 5_000);
    let (page, _) = query(view)?.page(view.site, Kind::Issue, fields, (token.as_deref(), 0), limit)?;
    let wanted = wanted(view)?;
    let values: Vec<Value> = page.records.iter().map(|issue| view.issue(issue, &wanted)).collect();
    let next = page.next();
    let mut body = json!({ "issues": values, "isLast": next.is_none() });
    if let Some(next) = next {
        body["nextPageToken"] = next.into();
    }
    Ok(Reply::json(&body, values.len()))
}

fn query(view: &View<'_>) -> Result<Query, Problem> {
    Query::read(&told(view, "jql")?.unwrap_or_default(), fields)
}

/// The fields of JQL.
fn fields(_: &Site, issue: &Record, field: &str) -> Option<Vec<String>> {
    let named = |value: Value| {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        vec![text("name"), text("id")]
    };
    Some(match field {
        "project" => vec![project_key(issue.parent), issue.parent.to_string()],
        "key" | "issuekey" | "issue" => vec![key(issue), issue.id.to_string()],
        "id" => vec![issue.id.to_string(), key(issue)],
        "summary" => vec![issue.title.clone()],
        "description" => vec![issue.text.clone()],
        "text" => vec![issue.title.clone(), issue.text.clone()],
        "status" => named(meta::status(issue.more("status").unwrap_or("1"))),
        "issuetype" | "type" => named(meta::issue_type(issue.more("issuetype").unwrap_or("1"))),
        "priority" => named(meta::priority(issue.more("priority").unwrap_or("3"))),
        "assignee" => issue.more("assignee").map(str::to_owned).into_iter().collect(),
        "reporter" | "creator" => vec!["user-1".to_owned()],
        "labels" => issue.labels.clone(),
        // This server remembers no dates: what is written later has the greater number.
        "created" | "updated" => vec![crate::content::lookup::DATE[..10].to_owned()],
        _ => return None,
    })
}

/// What a search asks for, in the query or in the body.
fn told(view: &View<'_>, name: &str) -> Result<Option<String>, Problem> {
    if view.asked.method != Method::Post {
        return Ok(view.asked.param(name).map(str::to_owned));
    }
    Ok(text(&view.asked.json()?, &format!("/{name}")).map(str::to_owned))
}

fn number(view: &View<'_>, name: &str) -> Result<Option<u64>, Problem> {
    if view.asked.method != Method::Post {
        return view.asked.number(name);
    }
    Ok(view.asked.json()?.get(name).and_then(Value::as_u64))
}

/// The fields of each issue, which may stand in one text or in a list.
fn wanted(view: &View<'_>) -> Result<Wanted, Problem> {
    if view.asked.method != Method::Post {
        return Ok(Wanted::of(view.asked.all("fields").map(str::to_owned).collect()));
    }
    let body = view.asked.json()?;
    let names = body["fields"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(Wanted::of(names.map(str::to_owned).collect()))
}
