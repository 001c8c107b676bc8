//! Jira Cloud REST API v2 and v3. The two differ in the form of texts: v3 has documents where v2 has text.

use super::asked::{Asked, text};
use super::confluence_v1::{needs, user_of};
use super::pages::{Offset, cursor, read_cursor};
use super::query;
use super::reply::{Problem, Reply};
use super::site::{Change, Kind, Record, Site};
use headroom_model::operation::Method;
use serde_json::{Value, json};

pub(super) fn reply(site: &Site, asked: &Asked<'_>) -> Result<Reply, Problem> {
    use Method::{Delete, Get, Head, Post, Put};
    let parts = asked.parts();
    let ["rest", "api", version @ ("2" | "3" | "latest"), rest @ ..] = parts.as_slice() else {
        return Err(Problem::unknown());
    };
    let is_document = *version == "3";
    match (asked.method, rest) {
        (Post, ["search"]) | (Get | Head, ["search"]) => search(site, asked, is_document),
        (Post, ["search", "jql"]) | (Get | Head, ["search", "jql"]) => search_jql(site, asked, is_document),
        (Get | Head, rest) => read(site, asked, rest, is_document),
        (Post, ["issue"]) => {
            let body = asked.json()?;
            let project = text(&body, "/fields/project/key").or_else(|| text(&body, "/fields/project/id"));
            let project = project_of(site, project.ok_or_else(|| needs("fields.project"))?)?;
            let title = text(&body, "/fields/summary").ok_or_else(|| needs("fields.summary"))?;
            let issue = site.draft(project.id, title, &described(&body["fields"]["description"]));
            let view = json!({ "id": issue.id.to_string(), "key": key(&issue), "self": link(asked, &issue) });
            Ok(Reply::written(201, &view, Change::Put(Kind::Issue, issue)))
        }
        (Put, ["issue", id]) => {
            let (old, body) = (issue_of(site, id)?, asked.json()?);
            let title = text(&body, "/fields/summary").map_or_else(|| old.title.clone(), str::to_owned);
            let told = &body["fields"]["description"];
            let text = if told.is_null() { old.text.clone() } else { described(told) };
            Ok(Reply::silent(Change::Put(Kind::Issue, Record { title, text, version: old.version + 1, ..old })))
        }
        (Delete, ["issue", id]) => Ok(Reply::silent(Change::Delete(Kind::Issue, issue_of(site, id)?.id))),
        (Post, ["issue", id, "comment"]) => {
            let body = asked.json()?;
            let told = body.get("body").ok_or_else(|| needs("body"))?;
            let comment = site.draft(issue_of(site, id)?.id, "", &described(told));
            Ok(Reply::written(201, &comment_view(&comment, is_document), Change::Put(Kind::Comment, comment)))
        }
        _ => Err(Problem::unknown()),
    }
}

fn read(site: &Site, asked: &Asked<'_>, rest: &[&str], is_document: bool) -> Result<Reply, Problem> {
    const NAMES: [&str; 2] = ["startAt", "maxResults"];
    match rest {
        ["issue", id] => Ok(Reply::one(&view(site, asked, &issue_of(site, id)?, is_document))),
        ["issue", id, "comment"] => {
            let comments = site.within(Kind::Comment, issue_of(site, id)?.id);
            let page = Offset::of(asked, NAMES, [100, 5_000], comments)?;
            Ok(listed("comments", &page, |comment| comment_view(comment, is_document)))
        }
        ["project"] => {
            let all: Vec<Value> = site.all(Kind::Project).map(|record| project(&record)).collect();
            Ok(Reply::json(&json!(all), all.len()))
        }
        ["project", "search"] => {
            let page = Offset::of(asked, NAMES, [50, 100], site.all(Kind::Project))?;
            Ok(listed("values", &page, project))
        }
        ["project", id] => Ok(Reply::one(&project(&project_of(site, id)?))),
        ["myself"] => Ok(Reply::one(&user(&user_of(site, "user-1")?))),
        ["user"] => Ok(Reply::one(&user(&user_of(site, asked.param("accountId").ok_or_else(|| needs("accountId"))?)?))),
        ["users", "search"] | ["users"] => {
            let page = Offset::of(asked, NAMES, [50, 1_000], site.all(Kind::User))?;
            let all = page.values(user);
            Ok(Reply::json(&json!(all), all.len()))
        }
        ["group", "member"] => {
            let id = asked.param("groupId").unwrap_or_default().trim_start_matches("group-").parse().ok();
            let group = id.and_then(|id| site.get(Kind::Group, id)).ok_or_else(|| Problem::missing("group"))?;
            let page = Offset::of(asked, NAMES, [50, 50], site.within(Kind::User, group.id))?;
            Ok(listed("values", &page, user))
        }
        _ => Err(Problem::unknown()),
    }
}

/// The older search, by offset. Sizes: 50 and 100.
fn search(site: &Site, asked: &Asked<'_>, is_document: bool) -> Result<Reply, Problem> {
    let issues = found(site, &wanted(asked, "jql")?.unwrap_or_default())?;
    let number = |name: &str| wanted_number(asked, name);
    let limit = number("maxResults")?.unwrap_or(50).min(100);
    let page = Offset::at(number("startAt")?.unwrap_or(0), limit, issues.into_iter());
    Ok(listed("issues", &page, |issue| view(site, asked, issue, is_document)))
}

/// The newer search, by token. Sizes: 50 and 5,000.
fn search_jql(site: &Site, asked: &Asked<'_>, is_document: bool) -> Result<Reply, Problem> {
    let after = wanted(asked, "nextPageToken")?.map(|token| read_cursor(&token)).transpose()?;
    let limit = wanted_number(asked, "maxResults")?.unwrap_or(50).clamp(1, 5_000);
    let issues = found(site, &wanted(asked, "jql")?.unwrap_or_default())?;
    let page = Offset::at(0, limit, issues.into_iter().filter(|issue| after.is_none_or(|after| issue.id > after)));
    let values = page.values(|issue| view(site, asked, issue, is_document));
    let mut body = json!({ "issues": values, "isLast": page.is_last() });
    if let Some(last) = page.records.last().filter(|_| !page.is_last()) {
        body["nextPageToken"] = cursor(last.id).into();
    }
    Ok(Reply::json(&body, values.len()))
}

fn listed(name: &str, page: &Offset, view: impl FnMut(&Record) -> Value) -> Reply {
    let values = page.values(view);
    let mut body =
        json!({ "startAt": page.start, "maxResults": page.limit, "total": page.total, "isLast": page.is_last() });
    let objects = values.len();
    body[name] = values.into();
    Reply::json(&body, objects)
}

/// What a search asks for, in the query or in the body.
fn wanted(asked: &Asked<'_>, name: &str) -> Result<Option<String>, Problem> {
    if asked.method != Method::Post {
        return Ok(asked.param(name).map(str::to_owned));
    }
    Ok(text(&asked.json()?, &format!("/{name}")).map(str::to_owned))
}

fn wanted_number(asked: &Asked<'_>, name: &str) -> Result<Option<u64>, Problem> {
    if asked.method != Method::Post {
        return asked.number(name);
    }
    Ok(asked.json()?.get(name).and_then(Value::as_u64))
}

fn found(site: &Site, jql: &str) -> Result<Vec<Record>, Problem> {
    let mut issues: Vec<Record> = site.all(Kind::Issue).collect();
    for (field, contains, wanted) in &query::read(jql)? {
        let fits = |text: &str| query::fits(text, *contains, wanted);
        match field.as_str() {
            "project" => {
                let project = project_of(site, wanted).map_or(u64::MAX, |project| project.id);
                issues.retain(|issue| issue.parent == project);
            }
            "key" | "issuekey" => issues.retain(|issue| fits(&key(issue))),
            "id" => issues.retain(|issue| fits(&issue.id.to_string())),
            "summary" => issues.retain(|issue| fits(&issue.title)),
            "text" => issues.retain(|issue| fits(&issue.title) || fits(&issue.text)),
            other => return Err(query::unknown(other)),
        }
    }
    Ok(issues)
}

/// By number or key: `20007` or `P3-20007`.
fn issue_of(site: &Site, id: &str) -> Result<Record, Problem> {
    let number = id.rsplit('-').next().and_then(|number| number.parse().ok());
    let issue = number.and_then(|number| site.get(Kind::Issue, number));
    let issue = issue.filter(|issue| !id.contains('-') || key(issue).eq_ignore_ascii_case(id));
    issue.ok_or_else(|| Problem::missing("issue"))
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

fn link(asked: &Asked<'_>, issue: &Record) -> String {
    format!("{}/rest/api/3/issue/{}", asked.base, issue.id)
}

/// A text, as v2 has it, or all texts of a document.
fn described(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(described).collect(),
        Value::Object(node) => {
            let text = node.get("text").map(described).unwrap_or_default();
            text + &node.get("content").map(described).unwrap_or_default()
        }
        _ => String::new(),
    }
}

fn document(text: &str, is_document: bool) -> Value {
    if !is_document {
        return text.into();
    }
    let paragraph = json!({ "type": "paragraph", "content": [{ "type": "text", "text": text }] });
    json!({ "type": "doc", "version": 1, "content": [paragraph] })
}

fn view(site: &Site, asked: &Asked<'_>, issue: &Record, is_document: bool) -> Value {
    json!({ "id": issue.id.to_string(), "key": key(issue), "self": link(asked, issue), "fields": {
        "summary": issue.title, "description": document(&issue.text, is_document),
        "project": site.get(Kind::Project, issue.parent).as_ref().map(project),
        "status": { "id": "1", "name": "To Do" }, "issuetype": { "id": "1", "name": "Task" },
    } })
}

fn comment_view(comment: &Record, is_document: bool) -> Value {
    json!({ "id": comment.id.to_string(), "body": document(&comment.text, is_document) })
}

fn project(project: &Record) -> Value {
    json!({ "id": project.id.to_string(), "key": project_key(project.id), "name": project.title, "projectTypeKey": "software" })
}

fn user(user: &Record) -> Value {
    json!({
        "accountId": format!("user-{}", user.id), "accountType": "atlassian", "displayName": user.title, "active": true,
    })
}
