//! Pages, comments and files below `/wiki/rest/api/content`.

use super::restrictions;
use super::view::{Expand, attachment, comment, content, history, label, property, version};
use crate::content::asked::{Asked, short, text};
use crate::content::files::uploads;
use crate::content::lookup::{
    attachment_of, by_id, children, descendants, labels, needed, needed_id, needs, next_version, page_of, property_of,
    rewritten, space_of, without_page,
};
use crate::content::pages::v1;
use crate::content::reply::{Problem, Reply};
use crate::content::site::{Change, Kind, Record, Site};
use headroom_model::operation::Method;
use serde_json::{Value, json};

/// What a single object shows when it is not asked.
const SHOWN: &str = "history,space,version";
/// Where a request has an object's text.
const TEXT: [&str; 4] =
    ["/body/storage/value", "/body/wiki/value", "/body/editor/value", "/body/atlas_doc_format/value"];

/// Of the part of a path after `content`.
pub(super) fn reply(site: &Site, asked: &Asked<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    use Method::{Delete, Get, Head, Post, Put};
    match (asked.method, rest) {
        (Get | Head, rest) if !rest.contains(&"restriction") => read(site, asked, rest),
        (Post, []) => create(site, &asked.json()?),
        (Put, [id]) => update(site, asked, id),
        (Delete, [id]) => delete(site, id),
        (Post, [id, "label"]) => add_labels(site, asked, id),
        (Delete, [id, "label"]) => without_label(site, id, asked.param("name").ok_or_else(|| needs("name"))?),
        (Delete, [id, "label", label]) => without_label(site, id, label),
        (Post | Put, [id, "child", "attachment"]) => upload(site, asked, &page_of(site, id)?),
        (Post, [id, "child", "attachment", file, "data"]) => upload_data(site, asked, &page_of(site, id)?, file),
        (_, [id, "property", rest @ ..]) => write_property(site, asked, id, rest),
        (_, [id, "restriction", rest @ ..]) => restrictions::reply(site, asked, id, rest),
        (Post, [id, "permission", "check"]) => restrictions::check(site, asked, id),
        _ => Err(Problem::unknown()),
    }
}

/// The bytes of an attachment.
pub(super) fn download(site: &Site, page: &str, name: &str) -> Result<Reply, Problem> {
    let page = page_of(site, page)?;
    let file = site.within(Kind::Attachment, page.id).find(|file| file.title == name);
    let file = file.ok_or_else(|| Problem::missing("attachment"))?;
    Ok(Reply::bytes(media_type(&file), file.content()))
}

pub(in crate::content) fn download_path(file: &Record) -> String {
    let name = percent_encoding::utf8_percent_encode(&file.title, percent_encoding::NON_ALPHANUMERIC);
    // What is common in names is safe in a path.
    let name = name.to_string().replace("%2E", ".").replace("%2D", "-").replace("%5F", "_");
    format!("/download/attachments/{}/{name}", file.parent)
}

pub(in crate::content) fn media_type(file: &Record) -> &'static str {
    if file.title.ends_with(".txt") { "text/plain" } else { "application/octet-stream" }
}

fn read(site: &Site, asked: &Asked<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    let (one, many) = (Expand::of(asked, SHOWN), Expand::of(asked, ""));
    let page = |id: &str| page_of(site, id);
    let pages = |all: &mut dyn Iterator<Item = Record>| v1(asked, all, |page| content(site, page, &many));
    match rest {
        [] => {
            let space = asked.param("spaceKey").map(|key| space_of(site, key)).transpose()?;
            let is_page = match asked.param("type") {
                None | Some("page") => asked.wants_current(),
                // There are none.
                Some("blogpost") => false,
                Some(other) => {
                    return Err(Problem::bad(format!("`type` is `{}`: use `page` or `blogpost`", short(other))));
                }
            };
            pages(&mut site.all(Kind::Page).filter(|page| {
                is_page
                    && space.as_ref().is_none_or(|space| page.parent == space.id)
                    && asked.param("title").is_none_or(|title| page.title == title)
            }))
        }
        [id] => Ok(Reply::one(&any(site, id, &one)?)),
        [id, "history"] => Ok(Reply::one(&history(&page(id)?))),
        [id, "version"] => {
            let page = page(id)?;
            let all = (1..=page.version).rev().map(|version| Record { version, ..page.clone() });
            v1(asked, all, version)
        }
        [id, "version", number] => {
            let page = page(id)?;
            let number = number.parse().ok().filter(|number| (1..=page.version).contains(number));
            let found = Record { version: number.ok_or_else(|| Problem::missing("version"))?, ..page };
            Ok(Reply::one(&version(&found)))
        }
        [id, "label"] => v1(asked, labels(&page(id)?), label),
        [id, "property"] => v1(asked, site.within(Kind::Property, page(id)?.id), property),
        [id, "property", key] => Ok(Reply::one(&property(&property_of(site, page(id)?.id, key)?))),
        [id, "child"] => collections(asked, site, &page(id)?, "child", "children"),
        [id, "descendant"] => collections(asked, site, &page(id)?, "descendant", "descendants"),
        [id, "child", "page"] => pages(&mut children(site, page(id)?.id)),
        [id, "descendant", "page"] => pages(&mut descendants(site, page(id)?.id)),
        [id, "child" | "descendant", "comment"] => {
            v1(asked, site.within(Kind::Comment, page(id)?.id), |one| comment(one, &many))
        }
        [id, "child" | "descendant", "attachment"] => {
            let named = |file: &Record| asked.param("filename").is_none_or(|name| file.title == name);
            v1(asked, site.within(Kind::Attachment, page(id)?.id).filter(named), attachment)
        }
        [id, "child", "attachment", file, "download"] => {
            let file = file_of(site, &page(id)?, file)?;
            Ok(Reply::found_at(format!("{}/wiki{}", asked.base, download_path(&file))))
        }
        _ => Err(Problem::unknown()),
    }
}

/// A page, comment or attachment by its id.
fn any(site: &Site, id: &str, expand: &Expand) -> Result<Value, Problem> {
    if id.starts_with("att") {
        return Ok(attachment(&attachment_of(site, id)?));
    }
    match comment_by(site, id) {
        Some(found) => Ok(comment(&found, expand)),
        None => Ok(content(site, &page_of(site, id)?, expand)),
    }
}

/// What lies below a page, one list for each type that `expand` names.
fn collections(asked: &Asked<'_>, site: &Site, page: &Record, path: &str, name: &str) -> Result<Reply, Problem> {
    let wanted: Vec<String> = asked.all("expand").map(|kind| format!("{name}.{kind}")).collect();
    let shown = content(site, page, &Expand::paths(wanted));
    let mut body = shown.get(name).cloned().unwrap_or_else(|| json!({}));
    let lists = body.as_object().into_iter().flat_map(|lists| lists.values());
    let objects = lists.filter_map(|list| list["results"].as_array()).map(Vec::len).sum();
    body["_links"] = json!({ "self": format!("/wiki/rest/api/content/{}/{path}", page.id) });
    Ok(Reply::json(&body, objects))
}

fn create(site: &Site, body: &Value) -> Result<Reply, Problem> {
    let told = TEXT.iter().find_map(|at| text(body, at)).unwrap_or_default();
    match text(body, "/type").unwrap_or("page") {
        "page" => {
            let space = space_of(site, needed(body, "/space/key")?)?;
            let page = placed(site, site.draft(space.id, needed(body, "/title")?, told), body)?;
            Ok(Reply::written(200, &content(site, &page, &Expand::written()), Change::Put(Kind::Page, page)))
        }
        "comment" => {
            let page = page_of(site, &needed_id(body, "/container/id")?)?;
            let title = format!("Re: {}", page.title);
            let made = site.draft(page.id, text(body, "/title").unwrap_or(&title), told);
            Ok(Reply::written(200, &comment(&made, &Expand::written()), Change::Put(Kind::Comment, made)))
        }
        other => Err(Problem::bad(format!("the type `{}` is not known: use `page` or `comment`", short(other)))),
    }
}

/// A page below the last of the ancestors that a request names.
fn placed(site: &Site, mut page: Record, body: &Value) -> Result<Record, Problem> {
    if let Some(parent) = body["ancestors"].as_array().and_then(|all| all.last()) {
        let id = needed_id(parent, "/id").map_err(|_| needs("ancestors.id"))?;
        page.more.insert("parent", page_of(site, &id)?.id.to_string());
    }
    Ok(page)
}

fn update(site: &Site, asked: &Asked<'_>, id: &str) -> Result<Reply, Problem> {
    let body = asked.json()?;
    if let Some(old) = comment_by(site, id) {
        let new = rewritten(old, &body, &TEXT)?;
        return Ok(Reply::written(200, &comment(&new, &Expand::written()), Change::Put(Kind::Comment, new)));
    }
    let page = placed(site, rewritten(page_of(site, id)?, &body, &TEXT)?, &body)?;
    Ok(Reply::written(200, &content(site, &page, &Expand::written()), Change::Put(Kind::Page, page)))
}

fn delete(site: &Site, id: &str) -> Result<Reply, Problem> {
    if id.starts_with("att") {
        return Ok(Reply::silent(Change::Delete(Kind::Attachment, attachment_of(site, id)?.id)));
    }
    Ok(Reply::silent(match comment_by(site, id) {
        Some(comment) => Change::Delete(Kind::Comment, comment.id),
        None => without_page(site, &page_of(site, id)?),
    }))
}

/// A comment on a page, and none on an issue.
fn comment_by(site: &Site, id: &str) -> Option<Record> {
    by_id(site, Kind::Comment, id, "comment").ok().filter(|found| site.get(Kind::Page, found.parent).is_some())
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

fn without_label(site: &Site, id: &str, label: &str) -> Result<Reply, Problem> {
    let mut page = page_of(site, id)?;
    page.labels.retain(|other| other != label);
    Ok(Reply::silent(Change::Put(Kind::Page, page)))
}

/// Files of new names, which `POST` asks for, or new versions, too.
fn upload(site: &Site, asked: &Asked<'_>, page: &Record) -> Result<Reply, Problem> {
    let mut written: Vec<Record> = Vec::new();
    for file in uploads(asked.body)? {
        let known = site.within(Kind::Attachment, page.id).find(|other| other.title == file.name);
        if known.is_some() && asked.method == Method::Post {
            let message = "An attachment with this name is there already: use PUT for a new version of it.".to_owned();
            return Err(Problem::bad(message));
        }
        let made =
            Record { id: site.draft(0, "", "").id + written.len() as u64, ..site.draft(page.id, &file.name, "") };
        written.push(match known {
            Some(old) => Record { version: old.version + 1, text: String::new(), bytes: file.content, ..old },
            None => Record { bytes: file.content, ..made },
        });
    }
    let reply = v1(asked, written.clone().into_iter(), attachment)?;
    let changes = written.into_iter().map(|file| Change::Put(Kind::Attachment, file)).collect();
    Ok(Reply { change: Some(Change::All(changes)), ..reply })
}

fn upload_data(site: &Site, asked: &Asked<'_>, page: &Record, id: &str) -> Result<Reply, Problem> {
    let old = file_of(site, page, id)?;
    let content = uploads(asked.body)?.remove(0).content;
    let new = Record { version: old.version + 1, text: String::new(), bytes: content, ..old };
    Ok(Reply::written(200, &attachment(&new), Change::Put(Kind::Attachment, new)))
}

fn file_of(site: &Site, page: &Record, id: &str) -> Result<Record, Problem> {
    let file = attachment_of(site, id).ok().filter(|file| file.parent == page.id);
    file.ok_or_else(|| Problem::missing("attachment"))
}

fn write_property(site: &Site, asked: &Asked<'_>, id: &str, rest: &[&str]) -> Result<Reply, Problem> {
    let page = page_of(site, id)?;
    match (asked.method, rest) {
        (Method::Post, [] | [_]) => {
            let body = asked.json()?;
            let key = rest.first().map_or_else(|| needed(&body, "/key"), |key| Ok(*key))?;
            if property_of(site, page.id, key).is_ok() {
                return Err(Problem { status: 409, message: "A property with this key is there already.".to_owned() });
            }
            let made = site.draft(page.id, key, &body["value"].to_string());
            Ok(Reply::written(200, &property(&made), Change::Put(Kind::Property, made)))
        }
        (Method::Put, [key]) => {
            let (old, body) = (property_of(site, page.id, key)?, asked.json()?);
            let new = Record { version: next_version(&old, &body)?, text: body["value"].to_string(), ..old };
            Ok(Reply::written(200, &property(&new), Change::Put(Kind::Property, new)))
        }
        (Method::Delete, [key]) => {
            Ok(Reply::silent(Change::Delete(Kind::Property, property_of(site, page.id, key)?.id)))
        }
        _ => Err(Problem::unknown()),
    }
}
