//! Confluence Cloud REST API v2, as its reference of 2026-07-21 describes it.

use super::asked::{Asked, short, text};
use super::confluence_v1::{download_path, media_type};
use super::lookup::{
    DATE, ancestors, attachment_of, by_id, children, comment_of, descendants, labels, needed, needed_id, next_version,
    page_of, parent_page, property_of, rewritten, space_key, value_of, without_page,
};
use super::pages::v2;
use super::reply::{Problem, Reply};
use super::site::{Change, Kind, Record, Site};
use headroom_model::operation::Method;
use serde_json::{Value, json};

/// Where a request has an object's text.
const TEXT: [&str; 4] = ["/body/value", "/body/storage/value", "/body/atlas_doc_format/value", "/body/wiki/value"];

pub(super) fn reply(site: &Site, asked: &Asked<'_>) -> Result<Reply, Problem> {
    use Method::{Delete, Get, Head, Post, Put};
    let parts = asked.parts();
    let told = |body: &Value| TEXT.iter().find_map(|at| text(body, at)).unwrap_or_default().to_owned();
    let form = Form::of(asked)?;
    match (asked.method, parts.get(3..).unwrap_or_default()) {
        (Get | Head, rest) => read(site, asked, rest),
        (Post, ["pages"]) => {
            let body = asked.json()?;
            let space = space_of(site, &needed_id(&body, "/spaceId")?)?;
            let mut page = site.draft(space.id, needed(&body, "/title")?, &told(&body));
            if !body["parentId"].is_null() {
                let parent = page_of(site, &needed_id(&body, "/parentId")?)?;
                page.more.insert("parent", parent.id.to_string());
            }
            Ok(Reply::written(200, &view(&page, Form::Storage), Change::Put(Kind::Page, page)))
        }
        (Put, ["pages", id]) => {
            let page = rewritten(page_of(site, id)?, &asked.json()?, &TEXT)?;
            Ok(Reply::written(200, &view(&page, Form::Storage), Change::Put(Kind::Page, page)))
        }
        (Delete, ["pages", id]) => Ok(Reply::silent(without_page(site, &page_of(site, id)?))),
        (Post, ["pages", id, "properties"]) => {
            let (page, body) = (page_of(site, id)?, asked.json()?);
            let key = needed(&body, "/key")?;
            if property_of(site, page.id, key).is_ok() {
                return Err(Problem { status: 409, message: "A property with this key is there already.".to_owned() });
            }
            let made = site.draft(page.id, key, &body["value"].to_string());
            Ok(Reply::written(200, &property(&made), Change::Put(Kind::Property, made)))
        }
        (Put, ["pages", page, "properties", id]) => {
            let (old, body) = (property_of(site, page_of(site, page)?.id, id)?, asked.json()?);
            let new = Record { version: next_version(&old, &body)?, text: body["value"].to_string(), ..old };
            Ok(Reply::written(200, &property(&new), Change::Put(Kind::Property, new)))
        }
        (Delete, ["pages", page, "properties", id]) => {
            let old = property_of(site, page_of(site, page)?.id, id)?;
            Ok(Reply::silent(Change::Delete(Kind::Property, old.id)))
        }
        (Post, ["footer-comments"]) => {
            let body = asked.json()?;
            let page = page_of(site, &needed_id(&body, "/pageId")?)?;
            let made = site.draft(page.id, &format!("Re: {}", page.title), &told(&body));
            Ok(Reply::written(201, &comment(&made, Form::Storage), Change::Put(Kind::Comment, made)))
        }
        (Put, ["footer-comments", id]) => {
            let new = rewritten(footer_comment(site, id)?, &asked.json()?, &TEXT)?;
            Ok(Reply::written(200, &comment(&new, form), Change::Put(Kind::Comment, new)))
        }
        (Delete, ["footer-comments", id]) => {
            Ok(Reply::silent(Change::Delete(Kind::Comment, footer_comment(site, id)?.id)))
        }
        (Delete, ["attachments", id]) => {
            Ok(Reply::silent(Change::Delete(Kind::Attachment, attachment_of(site, id)?.id)))
        }
        _ => Err(Problem::unknown()),
    }
}

fn read(site: &Site, asked: &Asked<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    let form = Form::of(asked)?;
    let seen = |page: &Record| view(page, form);
    let label = |label: &Record| json!({ "id": label.id.to_string(), "name": label.title, "prefix": "global" });
    let child =
        |page: &Record| json!({ "id": page.id.to_string(), "type": "page", "status": "current", "title": page.title });
    match rest {
        ["pages"] => {
            let (spaces, ids): (Vec<_>, Vec<_>) = (asked.all("space-id").collect(), asked.all("id").collect());
            let wanted = |page: &Record| {
                asked.wants_current()
                    && asked.param("title").is_none_or(|title| page.title == title)
                    && is_one_of(&spaces, page.parent)
                    && is_one_of(&ids, page.id)
            };
            v2(asked, site.all(Kind::Page).filter(wanted), seen)
        }
        ["pages", id] => Ok(Reply::one(&seen(&page_of(site, id)?))),
        ["pages", id, "labels"] => v2(asked, labels(&page_of(site, id)?), label),
        ["pages", id, "attachments"] => v2(asked, site.within(Kind::Attachment, page_of(site, id)?.id), attachment),
        ["pages", id, "children" | "direct-children"] => v2(asked, children(site, page_of(site, id)?.id), child),
        ["pages", id, "descendants"] => v2(asked, descendants(site, page_of(site, id)?.id), child),
        ["pages", id, "ancestors"] => v2(asked, ancestors(site, &page_of(site, id)?).into_iter(), child),
        ["pages", id, "versions"] => {
            let page = page_of(site, id)?;
            v2(asked, (1..=page.version).map(|version| Record { id: version, version, ..page.clone() }), version)
        }
        ["pages", id, "properties"] => {
            let key = |property: &Record| asked.param("key").is_none_or(|key| property.title == key);
            v2(asked, site.within(Kind::Property, page_of(site, id)?.id).filter(key), property)
        }
        ["pages", page, "properties", id] => {
            Ok(Reply::one(&property(&property_of(site, page_of(site, page)?.id, id)?)))
        }
        ["pages", id, "footer-comments"] => {
            v2(asked, site.within(Kind::Comment, page_of(site, id)?.id), |one| comment(one, form))
        }
        ["pages", id, "inline-comments"] => {
            page_of(site, id)?;
            v2(asked, std::iter::empty(), seen)
        }
        ["footer-comments", id] => Ok(Reply::one(&comment(&footer_comment(site, id)?, form))),
        ["attachments"] => v2(asked, site.all(Kind::Attachment), attachment),
        ["attachments", id] => Ok(Reply::one(&attachment(&attachment_of(site, id)?))),
        ["spaces"] => {
            let (keys, ids): (Vec<_>, Vec<_>) = (asked.all("keys").collect(), asked.all("ids").collect());
            let has_key = |space: &Record| keys.is_empty() || keys.contains(&space_key(space).as_str());
            v2(
                asked,
                site.all(Kind::Space).filter(|one| asked.wants_current() && has_key(one) && is_one_of(&ids, one.id)),
                space,
            )
        }
        ["spaces", id] => Ok(Reply::one(&space(&space_of(site, id)?))),
        ["spaces", id, "permissions"] => {
            space_of(site, id)?;
            v2(asked, site.all(Kind::Group), permission)
        }
        ["spaces", id, "pages"] => v2(asked, site.within(Kind::Page, space_of(site, id)?.id), seen),
        ["spaces", id, "labels" | "properties"] => {
            space_of(site, id)?;
            v2(asked, std::iter::empty(), seen)
        }
        _ => Err(Problem::unknown()),
    }
}

/// In which form a body is wanted.
#[derive(Clone, Copy)]
enum Form {
    None,
    Storage,
    Document,
    View,
}

impl Form {
    /// Without `body-format`, bodies stay away.
    fn of(asked: &Asked<'_>) -> Result<Self, Problem> {
        match asked.param("body-format") {
            None | Some("none") => Ok(Self::None),
            Some("storage") => Ok(Self::Storage),
            Some("atlas_doc_format") => Ok(Self::Document),
            Some("view" | "export_view" | "styled_view" | "anonymous_export_view" | "editor") => Ok(Self::View),
            Some(other) => Err(Problem::bad(format!(
                "`body-format` is `{}`: use `storage`, `atlas_doc_format` or `view`",
                short(other)
            ))),
        }
    }

    /// The text is the same in each form: it is kept as it was sent.
    fn body(self, text: &str) -> Value {
        let name = match self {
            Self::None => return json!({}),
            Self::Storage => "storage",
            Self::Document => "atlas_doc_format",
            Self::View => "view",
        };
        json!({ name: { "value": text, "representation": name } })
    }
}

/// Whether an id is wanted, where all are if none is named.
fn is_one_of(wanted: &[&str], id: u64) -> bool {
    wanted.is_empty() || wanted.contains(&id.to_string().as_str())
}

fn space_of(site: &Site, id: &str) -> Result<Record, Problem> {
    by_id(site, Kind::Space, id, "space")
}

fn footer_comment(site: &Site, id: &str) -> Result<Record, Problem> {
    let found = by_id(site, Kind::Comment, id, "comment")?;
    comment_of(site, page_of(site, &found.parent.to_string()).map_err(|_| Problem::missing("comment"))?.id, id)
}

fn view(page: &Record, form: Form) -> Value {
    let id = page.id.to_string();
    json!({
        "id": id, "status": "current", "title": page.title, "spaceId": page.parent.to_string(),
        "parentId": parent_page(page).map(|id| id.to_string()), "parentType": parent_page(page).map(|_| "page"),
        "authorId": "user-1", "ownerId": "user-1", "createdAt": DATE, "position": 0,
        "version": version(page), "body": form.body(&page.text),
        "_links": { "webui": format!("/pages/{id}"), "tinyui": format!("/x/{id}") },
    })
}

fn version(one: &Record) -> Value {
    json!({ "number": one.version, "authorId": "user-1", "createdAt": DATE, "message": "", "minorEdit": false })
}

fn comment(comment: &Record, form: Form) -> Value {
    json!({
        "id": comment.id.to_string(), "status": "current", "title": comment.title, "pageId": comment.parent.to_string(),
        "version": version(comment), "body": form.body(&comment.text),
        "_links": { "webui": format!("/pages/{}", comment.parent) },
    })
}

fn property(property: &Record) -> Value {
    json!({
        "id": property.id.to_string(), "key": property.title, "value": value_of(property), "version": version(property),
    })
}

fn space(space: &Record) -> Value {
    let key = space_key(space);
    json!({
        "id": space.id.to_string(), "key": key, "name": space.title, "type": "global", "status": "current",
        "createdAt": DATE, "_links": { "webui": format!("/spaces/{key}") },
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
    json!({
        "id": format!("att{}", file.id), "status": "current", "title": file.title, "pageId": file.parent.to_string(),
        "createdAt": DATE, "mediaType": media_type(file), "fileSize": file.content().len(), "version": version(file),
        "downloadLink": download_path(file), "_links": { "download": download_path(file) },
    })
}
