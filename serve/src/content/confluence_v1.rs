//! Confluence Cloud REST API v1, as its reference of 2026-07-21 describes it.

use super::asked::{Asked, text};
use super::pages::v1;
use super::query;
use super::reply::{Problem, Reply};
use super::site::{Change, Kind, Record, Site};
use headroom_model::operation::Method;
use serde_json::{Value, json};

pub(super) fn reply(site: &Site, asked: &Asked<'_>) -> Result<Reply, Problem> {
    use Method::{Delete, Get, Head, Post, Put};
    let parts = asked.parts();
    let view = |record: &Record| content(site, record);
    match (asked.method, parts.get(1..).unwrap_or_default()) {
        (Get | Head, ["rest", "api", rest @ ..]) => read(site, asked, rest),
        (Get | Head, ["download", "attachments", page, name]) => download(site, page, name),
        (Post, ["rest", "api", "content"]) => {
            let body = asked.json()?;
            let key = text(&body, "/space/key").ok_or_else(|| needs("space.key"))?;
            let space = space_of(site, key)?;
            let title = text(&body, "/title").ok_or_else(|| needs("title"))?;
            let page = site.draft(space.id, title, text(&body, "/body/storage/value").unwrap_or_default());
            Ok(Reply::written(200, &view(&page), Change::Put(Kind::Page, page)))
        }
        (Put, ["rest", "api", "content", id]) => {
            let page = rewritten(page_of(site, id)?, &asked.json()?, "/body/storage/value")?;
            Ok(Reply::written(200, &view(&page), Change::Put(Kind::Page, page)))
        }
        (Delete, ["rest", "api", "content", id]) => {
            Ok(Reply::silent(Change::Delete(Kind::Page, page_of(site, id)?.id)))
        }
        (Post, ["rest", "api", "content", id, "label"]) => add_labels(site, asked, id),
        (Delete, ["rest", "api", "content", id, "label", label]) => {
            let mut page = page_of(site, id)?;
            page.labels.retain(|other| other != label);
            Ok(Reply::silent(Change::Put(Kind::Page, page)))
        }
        (Post, ["rest", "api", "space"]) => {
            let body = asked.json()?;
            let name = text(&body, "/name").ok_or_else(|| needs("name"))?;
            let key = text(&body, "/key").ok_or_else(|| needs("key"))?;
            if space_of(site, key).is_ok() {
                return Err(Problem { status: 409, message: "A space with this key is there already.".to_owned() });
            }
            let space = Record { labels: vec![key.to_owned()], ..site.draft(0, name, "") };
            Ok(Reply::written(200, &space_view(&space), Change::Put(Kind::Space, space)))
        }
        _ => Err(Problem::unknown()),
    }
}

fn read(site: &Site, asked: &Asked<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    let view = |record: &Record| content(site, record);
    match rest {
        ["content"] => {
            let space = asked.param("spaceKey").map(|key| space_of(site, key)).transpose()?;
            let pages = site.all(Kind::Page).filter(|page| {
                space.as_ref().is_none_or(|space| page.parent == space.id)
                    && asked.param("title").is_none_or(|title| page.title == title)
            });
            v1(asked, pages, view)
        }
        ["content", "search"] => v1(asked, found(site, asked)?.into_iter(), view),
        ["search"] => v1(
            asked,
            found(site, asked)?.into_iter(),
            |page| json!({ "content": content(site, page), "title": page.title, "excerpt": page.text, "entityType": "content" }),
        ),
        ["content", id] => Ok(Reply::one(&view(&page_of(site, id)?))),
        ["content", id, "label"] => {
            let page = page_of(site, id)?;
            v1(asked, labels(&page), label)
        }
        ["content", id, "child", "attachment"] => {
            let page = page_of(site, id)?;
            v1(asked, site.within(Kind::Attachment, page.id), attachment)
        }
        ["content", id, "child", "page" | "comment"] => {
            page_of(site, id)?;
            v1(asked, std::iter::empty(), view)
        }
        ["space"] => v1(asked, site.all(Kind::Space), space_view),
        ["space", key] => Ok(Reply::one(&space_view(&space_of(site, key)?))),
        ["user", "current"] => Ok(Reply::one(&user(&user_of(site, "user-1")?))),
        ["user"] => Ok(Reply::one(&user(&user_of(site, asked.param("accountId").ok_or_else(|| needs("accountId"))?)?))),
        ["group"] => v1(asked, site.all(Kind::Group), group),
        ["group", "by-id"] => Ok(Reply::one(&group(&group_of(site, asked.param("id").unwrap_or_default())?))),
        ["group", id, "membersByGroupId"] => v1(asked, site.within(Kind::User, group_of(site, id)?.id), user),
        _ => Err(Problem::unknown()),
    }
}

/// Pages that a CQL query finds.
fn found(site: &Site, asked: &Asked<'_>) -> Result<Vec<Record>, Problem> {
    let terms = query::read(asked.param("cql").ok_or_else(|| needs("cql"))?)?;
    let mut pages: Vec<Record> = site.all(Kind::Page).collect();
    for (field, contains, wanted) in &terms {
        let fits = |text: &str| query::fits(text, *contains, wanted);
        match field.as_str() {
            "type" => pages.retain(|_| fits("page")),
            "title" => pages.retain(|page| fits(&page.title)),
            "text" => pages.retain(|page| fits(&page.text) || fits(&page.title)),
            "id" | "content" => pages.retain(|page| fits(&page.id.to_string())),
            "label" => pages.retain(|page| page.labels.iter().any(|label| fits(label))),
            "space" | "space.key" => {
                let space = space_of(site, wanted).map_or(u64::MAX, |space| space.id);
                pages.retain(|page| page.parent == space);
            }
            other => return Err(query::unknown(other)),
        }
    }
    Ok(pages)
}

fn add_labels(site: &Site, asked: &Asked<'_>, id: &str) -> Result<Reply, Problem> {
    let mut page = page_of(site, id)?;
    let body: Value = serde_json::from_slice(asked.body).map_err(|_| needs("name"))?;
    let one = [body.clone()];
    for label in body.as_array().map_or(&one[..], Vec::as_slice) {
        let name = text(label, "/name").ok_or_else(|| needs("name"))?;
        if !page.labels.iter().any(|other| other == name) {
            page.labels.push(name.to_owned());
        }
    }
    let reply = v1(asked, labels(&page), label)?;
    Ok(Reply { change: Some(Change::Put(Kind::Page, page)), ..reply })
}

fn download(site: &Site, page: &str, name: &str) -> Result<Reply, Problem> {
    let page = page_of(site, page)?;
    let file = site.within(Kind::Attachment, page.id).find(|file| file_name(file) == name);
    let file = file.ok_or_else(|| Problem::missing("attachment"))?;
    Ok(Reply { kind: "text/plain", body: file.text.into_bytes(), ..Reply::json(&Value::Null, 0) })
}

/// The next version of an object, which has to be told by its number as the products ask for it.
pub(super) fn rewritten(old: Record, body: &Value, text_at: &str) -> Result<Record, Problem> {
    let number = body.pointer("/version/number").and_then(Value::as_u64).ok_or_else(|| needs("version.number"))?;
    if number != old.version + 1 {
        let message = format!("The version is {}: send `{}` as the next one.", old.version, old.version + 1);
        return Err(Problem { status: 409, message });
    }
    let title = text(body, "/title").map_or(old.title, str::to_owned);
    let text = text(body, text_at).map_or(old.text, str::to_owned);
    Ok(Record { title, text, version: number, ..old })
}

pub(super) fn needs(what: &str) -> Problem {
    Problem::bad(format!("`{what}` is missing"))
}

pub(super) fn page_of(site: &Site, id: &str) -> Result<Record, Problem> {
    id.parse().ok().and_then(|id| site.get(Kind::Page, id)).ok_or_else(|| Problem::missing("content"))
}

fn space_of(site: &Site, key: &str) -> Result<Record, Problem> {
    site.all(Kind::Space).find(|space| space_key(space) == key).ok_or_else(|| Problem::missing("space"))
}

pub(super) fn user_of(site: &Site, account: &str) -> Result<Record, Problem> {
    let id = account.strip_prefix("user-").and_then(|id| id.parse().ok());
    id.and_then(|id| site.get(Kind::User, id)).ok_or_else(|| Problem::missing("user"))
}

fn group_of(site: &Site, id: &str) -> Result<Record, Problem> {
    let id = id.strip_prefix("group-").and_then(|id| id.parse().ok());
    id.and_then(|id| site.get(Kind::Group, id)).ok_or_else(|| Problem::missing("group"))
}

/// Written spaces carry their key as a label.
pub(super) fn space_key(space: &Record) -> String {
    space.labels.first().cloned().unwrap_or_else(|| format!("S{}", space.id))
}

/// Each label of a page as an object of its own, for the list.
pub(super) fn labels(page: &Record) -> impl Iterator<Item = Record> + '_ {
    page.labels.iter().zip(page.id * 1_000..).map(|(name, id)| Record {
        id,
        parent: page.id,
        title: name.clone(),
        text: String::new(),
        version: 1,
        labels: Vec::new(),
    })
}

fn label(label: &Record) -> Value {
    json!({ "prefix": "global", "name": label.title, "id": label.id.to_string(), "label": label.title })
}

pub(super) fn file_name(file: &Record) -> String {
    format!("{}.txt", file.title.to_lowercase().replace(' ', "-"))
}

fn attachment(file: &Record) -> Value {
    let name = file_name(file);
    json!({
        "id": format!("att{}", file.id), "type": "attachment", "status": "current", "title": name,
        "version": { "number": file.version },
        "extensions": { "mediaType": "text/plain", "fileSize": file.text.len() },
        "_links": { "download": format!("/download/attachments/{}/{name}", file.parent) },
    })
}

fn content(site: &Site, page: &Record) -> Value {
    let space = site.get(Kind::Space, page.parent).as_ref().map(space_view);
    let id = page.id.to_string();
    json!({
        "id": id, "type": "page", "status": "current", "title": page.title, "space": space,
        "version": { "number": page.version },
        "body": { "storage": { "value": page.text, "representation": "storage" } },
        "_links": { "self": format!("/wiki/rest/api/content/{id}"), "webui": format!("/pages/{id}") },
    })
}

fn space_view(space: &Record) -> Value {
    json!({ "id": space.id, "key": space_key(space), "name": space.title, "type": "global", "status": "current" })
}

fn user(user: &Record) -> Value {
    json!({
        "type": "known", "accountId": format!("user-{}", user.id), "accountType": "atlassian",
        "displayName": user.title, "publicName": user.title,
    })
}

fn group(group: &Record) -> Value {
    json!({ "type": "group", "name": group.title, "id": format!("group-{}", group.id) })
}
