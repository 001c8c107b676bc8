//! Who may read or change a page: a record for each user or group and operation.

use super::view::{group, user};
use crate::content::asked::{Asked, short, text};
use crate::content::lookup::{group_of, needed, needs, page_of, user_of};
use crate::content::reply::{Problem, Reply};
use crate::content::site::{Change, Kind, Record, Site};
use headroom_model::operation::Method;
use serde_json::{Value, json};

/// What can be restricted.
const OPERATIONS: [&str; 2] = ["read", "update"];
/// Subjects in one request.
const MOST: usize = 200;

/// Of the part of a path after `restriction`.
pub(super) fn reply(site: &Site, asked: &Asked<'_>, page: &str, rest: &[&str]) -> Result<Reply, Problem> {
    use Method::{Delete, Get, Head, Post, Put};
    let page = page_of(site, page)?;
    let subject = || {
        user_of(site, asked.param("accountId").ok_or_else(|| needs("accountId"))?).map(|user| subject("user", &user))
    };
    match (asked.method, rest) {
        (Get | Head, []) => Ok(list(site, &page, &named_in(site, &page))),
        (Get | Head, ["byOperation"]) => Ok(Reply::json(&by_operation(site, &page), OPERATIONS.len())),
        (Get | Head, ["byOperation", operation]) => {
            Ok(Reply::one(&one(site, &named_in(site, &page), known(operation)?)))
        }
        (method, ["byOperation", operation, "user"]) => member(site, &page, method, known(operation)?, &subject()?),
        (method, ["byOperation", operation, "byGroupId" | "group", name]) => {
            member(site, &page, method, known(operation)?, &self::subject("group", &group_of(site, name)?))
        }
        (Put, []) => write(site, asked, &page, true),
        (Post, []) => write(site, asked, &page, false),
        (Delete, []) => Ok(Reply { status: 200, ..Reply::silent(Change::All(lifted(site, &page))) }),
        _ => Err(Problem::unknown()),
    }
}

/// `content/{id}/permission/check`: whether nobody is named for the operation, or the user is.
pub(super) fn check(site: &Site, asked: &Asked<'_>, page: &str) -> Result<Reply, Problem> {
    let (page, body) = (page_of(site, page)?, asked.json()?);
    let operation = known(needed(&body, "/operation")?)?;
    let who = user_of(site, needed(&body, "/subject/identifier")?)?;
    let own_group = site.get(Kind::Group, who.parent).map(|group| subject("group", &group));
    let mut named = of(site, &page, operation).peekable();
    let is_open = named.peek().is_none();
    let is_named = named.any(|record| record.text == subject("user", &who) || Some(record.text) == own_group);
    Ok(Reply::json(&json!({ "hasPermission": is_open || is_named, "errors": [] }), 1))
}

pub(super) fn by_operation(site: &Site, page: &Record) -> Value {
    let named = named_in(site, page);
    OPERATIONS.into_iter().map(|operation| (operation.to_owned(), one(site, &named, operation))).collect()
}

fn list(site: &Site, page: &Record, named: &[(String, String)]) -> Reply {
    let results = OPERATIONS.map(|operation| one(site, named, operation));
    let size = results.len();
    let links = json!({ "self": format!("/wiki/rest/api/content/{}/restriction", page.id) });
    Reply::json(&json!({ "results": results, "start": 0, "limit": 100, "size": size, "_links": links }), size)
}

fn one(site: &Site, named: &[(String, String)], operation: &str) -> Value {
    let list = |kind, word: &str, view: fn(&Record) -> Value| {
        let subjects = named.iter().filter(|(of, _)| of == operation);
        let ids = subjects.filter_map(|(_, subject)| subject.strip_prefix(word)?.parse().ok());
        let results: Vec<Value> = ids.filter_map(|id| site.get(kind, id)).map(|record| view(&record)).collect();
        json!({ "start": 0, "limit": MOST, "size": results.len(), "results": results })
    };
    let (users, groups) = (list(Kind::User, "user-", user), list(Kind::Group, "group-", group));
    json!({ "operation": operation, "restrictions": { "user": users, "group": groups } })
}

/// A user or group of one operation: whether it is named, naming it, or no more.
fn member(site: &Site, page: &Record, method: Method, operation: &str, subject: &str) -> Result<Reply, Problem> {
    let named = of(site, page, operation).find(|record| record.text == subject);
    let change = match (method, named) {
        (Method::Get | Method::Head, Some(_)) => return Ok(Reply::json(&json!({}), 1)),
        (Method::Put, named) => {
            Change::Put(Kind::Restriction, named.unwrap_or_else(|| site.draft(page.id, operation, subject)))
        }
        (Method::Delete, Some(record)) => Change::Delete(Kind::Restriction, record.id),
        (Method::Get | Method::Head | Method::Delete, None) => return Err(Problem::missing("restriction")),
        _ => return Err(Problem::unknown()),
    };
    Ok(Reply { status: 200, ..Reply::silent(change) })
}

/// Of a list, or `{ "results": […] }`, of operations with their users and groups.
fn write(site: &Site, asked: &Asked<'_>, page: &Record, is_whole: bool) -> Result<Reply, Problem> {
    let body: Value = serde_json::from_slice(asked.body).map_err(|_| needs("operation"))?;
    let told = body.get("results").unwrap_or(&body).as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
    // As they are to be afterwards.
    let mut named = named_in(site, page);
    for restriction in &told {
        let operation = known(needed(restriction, "/operation")?)?;
        if is_whole {
            named.retain(|(other, _)| other != operation);
        }
        for subject in subjects(site, &restriction["restrictions"])? {
            let entry = (operation.to_owned(), subject);
            if !named.contains(&entry) {
                named.push(entry);
            }
        }
    }
    if named.len() > MOST {
        return Err(Problem::bad(format!("more than {MOST} users and groups are named")));
    }
    let reply = list(site, page, &named);
    let mut changes = lifted(site, page);
    for (operation, subject) in named {
        let mut record = site.draft(page.id, &operation, &subject);
        record.id += changes.len() as u64;
        changes.push(Change::Put(Kind::Restriction, record));
    }
    Ok(Reply { change: Some(Change::All(changes)), ..reply })
}

fn subjects(site: &Site, told: &Value) -> Result<Vec<String>, Problem> {
    let listed = |name: &str| {
        let all = &told[name];
        all.get("results").unwrap_or(all).as_array().cloned().unwrap_or_default()
    };
    let users = listed("user").into_iter().map(|one| Ok(subject("user", &user_of(site, needed(&one, "/accountId")?)?)));
    let groups = listed("group").into_iter().map(|one| {
        let name = text(&one, "/id").or_else(|| text(&one, "/name")).ok_or_else(|| needs("group.id"))?;
        Ok(subject("group", &group_of(site, name)?))
    });
    users.chain(groups).collect()
}

/// What lifts all restrictions.
fn lifted(site: &Site, page: &Record) -> Vec<Change> {
    site.within(Kind::Restriction, page.id).map(|record| Change::Delete(Kind::Restriction, record.id)).collect()
}

/// Each operation with a user or group that is named for it.
fn named_in(site: &Site, page: &Record) -> Vec<(String, String)> {
    site.within(Kind::Restriction, page.id).map(|record| (record.title, record.text)).collect()
}

fn of<'a>(site: &'a Site, page: &Record, operation: &'a str) -> impl Iterator<Item = Record> + use<'a> {
    site.within(Kind::Restriction, page.id).filter(move |record| record.title == operation)
}

fn known(operation: &str) -> Result<&'static str, Problem> {
    let found = OPERATIONS.into_iter().find(|known| *known == operation);
    found.ok_or_else(|| Problem::bad(format!("`{}` cannot be restricted: use `read` or `update`", short(operation))))
}

fn subject(kind: &str, record: &Record) -> String {
    format!("{kind}-{}", record.id)
}
