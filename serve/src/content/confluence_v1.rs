//! Confluence Cloud REST API v1, as its reference of 2026-07-21 describes it.
//!
//! | module | holds |
//! | --- | --- |
//! | `content` | pages, comments and files below `/wiki/rest/api/content` |
//! | `restrictions` | who may read or change a page |
//! | `view` | objects as this API writes them, with `expand` |

use super::asked::{Asked, short, text};
use super::lookup::{group_of, needed, needs, parent_page, space_key, space_of, user_of};
use super::pages::v1;
use super::query::Query;
use super::reply::{Problem, Reply};
use super::site::{Change, Kind, Record, Site};
pub(super) use content::{download_path, media_type};
use headroom_model::operation::Method;
use serde_json::{Value, json};
use view::{Expand, group, space_view, user};

mod content;
mod restrictions;
mod view;

pub(super) fn reply(site: &Site, asked: &Asked<'_>) -> Result<Reply, Problem> {
    use Method::{Get, Head, Post, Put};
    let parts = asked.parts();
    match (asked.method, parts.get(1..).unwrap_or_default()) {
        (_, ["rest", "api", "content", "search"]) | (Get | Head, ["rest", "api", "search"]) => search(site, asked),
        (_, ["rest", "api", "content", rest @ ..]) => content::reply(site, asked, rest),
        (Get | Head, ["download", "attachments", page, name]) => content::download(site, page, name),
        (Get | Head, ["rest", "api", rest @ ..]) => read(site, asked, rest),
        (Post, ["rest", "api", "space"]) => {
            let body = asked.json()?;
            let (name, key) = (needed(&body, "/name")?, needed(&body, "/key")?);
            if space_of(site, key).is_ok() {
                return Err(Problem { status: 409, message: "A space with this key is there already.".to_owned() });
            }
            let space = Record { labels: vec![key.to_owned()], ..site.draft(0, name, "") };
            Ok(Reply::written(200, &space_view(site, &space, &Expand::nothing()), Change::Put(Kind::Space, space)))
        }
        (Put, ["rest", "api", "space", key]) => {
            let (old, body) = (space_of(site, key)?, asked.json()?);
            let space = Record { title: text(&body, "/name").map_or(old.title, str::to_owned), ..old };
            Ok(Reply::written(200, &space_view(site, &space, &Expand::nothing()), Change::Put(Kind::Space, space)))
        }
        _ => Err(Problem::unknown()),
    }
}

fn read(site: &Site, asked: &Asked<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    let param = |name: &str| asked.param(name).ok_or_else(|| needs(name));
    let members = |name: &str| v1(asked, site.within(Kind::User, group_of(site, name)?.id), user);
    let expand = Expand::of(asked, "");
    match rest {
        ["space"] => {
            let keys: Vec<_> = asked.all("spaceKey").collect();
            let wanted = |space: &Record| {
                asked.wants_current() && (keys.is_empty() || keys.contains(&space_key(space).as_str()))
            };
            v1(asked, site.all(Kind::Space).filter(wanted), |space| space_view(site, space, &expand))
        }
        ["space", key] => Ok(Reply::one(&space_view(site, &space_of(site, key)?, &expand))),
        ["space", key, "content"] => {
            let pages = site.within(Kind::Page, space_of(site, key)?.id);
            let page = v1(asked, pages, |page| view::content(site, page, &expand))?;
            Ok(page.within("page"))
        }
        ["space", key, "content", "page"] => {
            let pages = site.within(Kind::Page, space_of(site, key)?.id);
            v1(asked, pages, |page| view::content(site, page, &expand))
        }
        ["user", "current"] => Ok(Reply::one(&user(&user_of(site, "user-1")?))),
        ["user"] => Ok(Reply::one(&user(&user_of(site, param("accountId")?)?))),
        ["user", "memberof"] => {
            let of = user_of(site, param("accountId")?)?.parent;
            v1(asked, site.all(Kind::Group).filter(|group| group.id == of), group)
        }
        ["user", "bulk"] => {
            let users = asked.all("accountId").map(|id| user_of(site, id)).collect::<Result<Vec<_>, _>>()?;
            v1(asked, users.into_iter(), user)
        }
        ["group"] => v1(asked, site.all(Kind::Group), group),
        ["group", "by-id"] => Ok(Reply::one(&group(&group_of(site, param("id")?)?))),
        ["group", "by-name"] => Ok(Reply::one(&group(&group_of(site, param("name")?)?))),
        ["group", "picker"] => {
            let query = param("query")?.to_lowercase();
            v1(asked, site.all(Kind::Group).filter(|group| group.title.to_lowercase().contains(&query)), group)
        }
        ["group", "member"] => members(param("name")?),
        ["group", name] => Ok(Reply::one(&group(&group_of(site, name)?))),
        ["group", name, "member" | "membersByGroupId"] => members(name),
        _ => Err(Problem::unknown()),
    }
}

/// Pages that a CQL query finds: `content/search` tells them, `search` tells of each where it was found, too. A cursor
/// goes on after an object, `start` at a place. Sizes: 25 and 250.
fn search(site: &Site, asked: &Asked<'_>) -> Result<Reply, Problem> {
    let cql = asked.param("cql").ok_or_else(|| needs("cql"))?;
    let query = Query::read(cql, fields)?;
    if let Some(other) = query.values("type").find(|kind| !matches!(*kind, "page" | "blogpost")) {
        return Err(Problem::bad(format!("the type `{}` is not searched by this server: `page` is", short(other))));
    }
    let limit = asked.number("limit")?.unwrap_or(25).min(250);
    let start = asked.number("start")?.unwrap_or(0);
    let (page, total) = query.page(site, Kind::Page, fields, (asked.param("cursor"), start), limit)?;
    let expand = Expand::of(asked, "");
    let is_content = asked.segments.iter().any(|part| part == "content");
    let one = |page: &Record| {
        let content = view::content(site, page, &expand);
        if is_content { content } else { view::found(site, page, content) }
    };
    let results: Vec<Value> = page.records.iter().map(one).collect();
    let size = results.len();
    let mut links = json!({ "base": format!("{}/wiki", asked.base), "context": "/wiki" });
    if let Some(cursor) = page.next() {
        let next = start.saturating_add(size as u64).to_string();
        let target = asked.target_with(&[("cursor", &cursor), ("start", &next)]);
        links["next"] = target.replacen("/wiki", "", 1).into();
    }
    let body = json!({
        "results": results, "start": start, "limit": limit, "size": size, "totalSize": total, "cqlQuery": cql,
        "searchDuration": 1, "_links": links,
    });
    Ok(Reply::json(&body, size))
}

/// The fields of CQL: pages are all that is searched.
fn fields(site: &Site, page: &Record, field: &str) -> Option<Vec<String>> {
    Some(match field {
        "type" => vec!["page".to_owned()],
        "title" => vec![page.title.clone()],
        "text" | "sitesearch" => vec![page.title.clone(), page.text.clone()],
        "id" | "content" => vec![page.id.to_string()],
        "label" => page.labels.clone(),
        "parent" => parent_page(page).iter().map(u64::to_string).collect(),
        "ancestor" => super::lookup::ancestors(site, page).iter().map(|above| above.id.to_string()).collect(),
        "space" | "space.key" => site.get(Kind::Space, page.parent).as_ref().map(space_key).into_iter().collect(),
        "created" | "lastmodified" => vec![super::lookup::DATE[..10].to_owned()],
        "creator" | "contributor" => vec!["user-1".to_owned()],
        _ => return None,
    })
}
