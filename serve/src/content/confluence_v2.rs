//! Confluence Cloud REST API v2, as its reference of 2026-07-21 describes it.

use super::asked::{Asked, text};
use super::confluence_v1::{file_name, labels, needs, page_of, rewritten, space_key};
use super::pages::v2;
use super::reply::{Problem, Reply};
use super::site::{Change, Kind, Record, Site};
use headroom_model::operation::Method;
use serde_json::{Value, json};

pub(super) fn reply(site: &Site, asked: &Asked<'_>) -> Result<Reply, Problem> {
    use Method::{Delete, Get, Head, Post, Put};
    let parts = asked.parts();
    match (asked.method, parts.get(3..).unwrap_or_default()) {
        (Get | Head, rest) => read(site, asked, rest),
        (Post, ["pages"]) => {
            let body = asked.json()?;
            let space = text(&body, "/spaceId").ok_or_else(|| needs("spaceId"))?;
            let title = text(&body, "/title").ok_or_else(|| needs("title"))?;
            let page = site.draft(space_of(site, space)?.id, title, text(&body, "/body/value").unwrap_or_default());
            Ok(Reply::written(200, &view(&page), Change::Put(Kind::Page, page)))
        }
        (Put, ["pages", id]) => {
            let page = rewritten(page_of(site, id)?, &asked.json()?, "/body/value")?;
            Ok(Reply::written(200, &view(&page), Change::Put(Kind::Page, page)))
        }
        (Delete, ["pages", id]) => Ok(Reply::silent(Change::Delete(Kind::Page, page_of(site, id)?.id))),
        _ => Err(Problem::unknown()),
    }
}

fn read(site: &Site, asked: &Asked<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    match rest {
        ["pages"] => {
            let titled = |page: &Record| asked.param("title").is_none_or(|title| page.title == title);
            let space = asked.number("space-id")?;
            let pages = site.all(Kind::Page).filter(|page| space.is_none_or(|space| page.parent == space));
            v2(asked, pages.filter(titled), view)
        }
        ["pages", id] => Ok(Reply::one(&view(&page_of(site, id)?))),
        ["pages", id, "labels"] => {
            let page = page_of(site, id)?;
            v2(
                asked,
                labels(&page),
                |label| json!({ "id": label.id.to_string(), "name": label.title, "prefix": "global" }),
            )
        }
        ["pages", id, "attachments"] => v2(asked, site.within(Kind::Attachment, page_of(site, id)?.id), attachment),
        ["pages", id, "children" | "footer-comments" | "inline-comments"] => {
            page_of(site, id)?;
            v2(asked, std::iter::empty(), view)
        }
        ["attachments"] => v2(asked, site.all(Kind::Attachment), attachment),
        ["attachments", id] => {
            let id = id.trim_start_matches("att").parse().ok();
            let file = id.and_then(|id| site.get(Kind::Attachment, id));
            Ok(Reply::one(&attachment(&file.ok_or_else(|| Problem::missing("attachment"))?)))
        }
        ["spaces"] => v2(asked, site.all(Kind::Space), space),
        ["spaces", id] => Ok(Reply::one(&space(&space_of(site, id)?))),
        ["spaces", id, "permissions"] => {
            space_of(site, id)?;
            v2(asked, site.all(Kind::Group), permission)
        }
        ["spaces", id, "pages"] => v2(asked, site.within(Kind::Page, space_of(site, id)?.id), view),
        _ => Err(Problem::unknown()),
    }
}

fn space_of(site: &Site, id: &str) -> Result<Record, Problem> {
    id.parse().ok().and_then(|id| site.get(Kind::Space, id)).ok_or_else(|| Problem::missing("space"))
}

fn view(page: &Record) -> Value {
    let id = page.id.to_string();
    json!({
        "id": id, "status": "current", "title": page.title, "spaceId": page.parent.to_string(), "authorId": "user-1",
        "version": { "number": page.version },
        "body": { "storage": { "value": page.text, "representation": "storage" } },
        "_links": { "webui": format!("/pages/{id}") },
    })
}

fn space(space: &Record) -> Value {
    json!({
        "id": space.id.to_string(), "key": space_key(space), "name": space.title, "type": "global", "status": "current",
    })
}

/// Each group may read each space.
fn permission(group: &Record) -> Value {
    json!({
        "id": group.id.to_string(), "principal": { "type": "group", "id": format!("group-{}", group.id) },
        "operation": { "key": "read", "targetType": "space" },
    })
}

fn attachment(file: &Record) -> Value {
    let name = file_name(file);
    json!({
        "id": format!("att{}", file.id), "status": "current", "title": name, "pageId": file.parent.to_string(),
        "mediaType": "text/plain", "fileSize": file.text.len(), "version": { "number": file.version },
        "downloadLink": format!("/download/attachments/{}/{name}", file.parent),
    })
}
