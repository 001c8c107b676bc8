//! Objects by the names that the products give them.

use super::asked::text;
use super::reply::Problem;
use super::site::{Change, Kind, Record, Site};
use serde_json::Value;

/// When everything was made and changed: this server remembers no dates.
pub(super) const DATE: &str = "2026-01-01T00:00:00.000Z";

pub(super) fn needs(what: &str) -> Problem {
    Problem::bad(format!("`{what}` is missing"))
}

/// A text of the body that has to be there.
pub(super) fn needed<'a>(body: &'a Value, pointer: &str) -> Result<&'a str, Problem> {
    text(body, pointer).ok_or_else(|| needs(&pointer[1..].replace('/', ".")))
}

/// An id of the body, which may come as a number, too.
pub(super) fn needed_id(body: &Value, pointer: &str) -> Result<String, Problem> {
    let number = body.pointer(pointer).and_then(Value::as_u64).map(|id| id.to_string());
    number.map_or_else(|| needed(body, pointer).map(str::to_owned), Ok)
}

pub(super) fn by_id(site: &Site, kind: Kind, id: &str, name: &str) -> Result<Record, Problem> {
    id.parse().ok().and_then(|id| site.get(kind, id)).ok_or_else(|| Problem::missing(name))
}

pub(super) fn page_of(site: &Site, id: &str) -> Result<Record, Problem> {
    by_id(site, Kind::Page, id, "page")
}

/// By an id such as `att200000`.
pub(super) fn attachment_of(site: &Site, id: &str) -> Result<Record, Problem> {
    by_id(site, Kind::Attachment, id.trim_start_matches("att"), "attachment")
}

/// A comment on a page or an issue.
pub(super) fn comment_of(site: &Site, parent: u64, id: &str) -> Result<Record, Problem> {
    by_id(site, Kind::Comment, id, "comment")
        .ok()
        .filter(|comment| comment.parent == parent)
        .ok_or_else(|| Problem::missing("comment"))
}

pub(super) fn space_of(site: &Site, key: &str) -> Result<Record, Problem> {
    site.all(Kind::Space).find(|space| space_key(space) == key).ok_or_else(|| Problem::missing("space"))
}

/// By an id such as `user-7`.
pub(super) fn user_of(site: &Site, id: &str) -> Result<Record, Problem> {
    id.strip_prefix("user-").map_or_else(|| Err(Problem::missing("user")), |id| by_id(site, Kind::User, id, "user"))
}

/// By an id such as `group-2`, or by name.
pub(super) fn group_of(site: &Site, name: &str) -> Result<Record, Problem> {
    let by_id = name.strip_prefix("group-").and_then(|id| by_id(site, Kind::Group, id, "group").ok());
    by_id.or_else(|| site.all(Kind::Group).find(|group| group.title == name)).ok_or_else(|| Problem::missing("group"))
}

/// Written spaces carry their key as a label.
pub(super) fn space_key(space: &Record) -> String {
    space.labels.first().cloned().unwrap_or_else(|| format!("S{}", space.id))
}

/// Each label of a page as an object of its own, for the list.
pub(super) fn labels(page: &Record) -> impl Iterator<Item = Record> + '_ {
    let named = |(name, id): (&String, u64)| Record {
        id,
        parent: page.id,
        title: name.clone(),
        version: 1,
        ..Record::default()
    };
    page.labels.iter().zip(page.id * 1_000..).map(named)
}

/// The page that a page lies below, as its number.
pub(super) fn parent_page(page: &Record) -> Option<u64> {
    page.more("parent")?.parse().ok()
}

/// Pages directly below another.
pub(super) fn children(site: &Site, id: u64) -> impl Iterator<Item = Record> + '_ {
    site.all(Kind::Page).filter(move |page| parent_page(page) == Some(id))
}

/// Pages above another, the topmost first. A page that was put below itself ends the line.
pub(super) fn ancestors(site: &Site, page: &Record) -> Vec<Record> {
    let mut above: Vec<Record> = Vec::new();
    let mut next = parent_page(page);
    while let Some(parent) = next.and_then(|id| site.get(Kind::Page, id)) {
        if parent.id == page.id || above.iter().any(|other| other.id == parent.id) {
            break;
        }
        next = parent_page(&parent);
        above.insert(0, parent);
    }
    above
}

/// All pages below another.
pub(super) fn descendants(site: &Site, id: u64) -> impl Iterator<Item = Record> + '_ {
    // Nobody lies below what nobody named as a parent.
    site.all(Kind::Page)
        .filter(move |page| parent_page(page).is_some() && ancestors(site, page).iter().any(|above| above.id == id))
}

/// A property of a page by its key or number.
pub(super) fn property_of(site: &Site, page: u64, name: &str) -> Result<Record, Problem> {
    let is_it = |property: &Record| property.title == name || property.id.to_string() == name;
    site.within(Kind::Property, page).find(is_it).ok_or_else(|| Problem::missing("property"))
}

/// A property's value, which is kept as the text of its JSON.
pub(super) fn value_of(property: &Record) -> Value {
    serde_json::from_str(&property.text).unwrap_or_default()
}

/// The next version of an object, which has to be told by its number as the products ask for it.
pub(super) fn rewritten(old: Record, body: &Value, text_at: &[&str]) -> Result<Record, Problem> {
    let version = next_version(&old, body)?;
    let title = text(body, "/title").map_or(old.title, str::to_owned);
    let text = text_at.iter().find_map(|at| text(body, at)).map_or(old.text, str::to_owned);
    Ok(Record { title, text, version, ..old })
}

pub(super) fn next_version(old: &Record, body: &Value) -> Result<u64, Problem> {
    let number = body.pointer("/version/number").and_then(Value::as_u64).ok_or_else(|| needs("version.number"))?;
    if number == old.version + 1 {
        return Ok(number);
    }
    let message = format!("The version is {}: send `{}` as the next one.", old.version, old.version + 1);
    Err(Problem { status: 409, message })
}

/// Deletes a page with all that only it holds. The pages below it then lie below nothing.
pub(super) fn without_page(site: &Site, page: &Record) -> Change {
    let kinds = [Kind::Comment, Kind::Attachment, Kind::Property, Kind::Restriction];
    let held =
        kinds.into_iter().flat_map(|kind| site.within(kind, page.id).map(move |held| Change::Delete(kind, held.id)));
    Change::All(held.chain([Change::Delete(Kind::Page, page.id)]).collect())
}
