//! Objects as version 1 writes them. What `expand` does not name is listed in `_expandable`.

use crate::content::asked::Asked;
use crate::content::lookup::{DATE, ancestors, children, descendants, labels, space_key, value_of};
use crate::content::site::{Kind, Record, Site};
use serde_json::{Value, json};

/// The forms of a body.
const FORMS: [&str; 7] = ["storage", "view", "export_view", "styled_view", "editor", "wiki", "atlas_doc_format"];
/// Objects of a list within another.
const WITHIN: usize = 25;

/// What a request wants to see of its objects.
#[derive(Debug)]
pub(super) struct Expand(Vec<String>);

impl Expand {
    /// `otherwise` is what an endpoint shows when it is not asked.
    pub(super) fn of(asked: &Asked<'_>, otherwise: &str) -> Self {
        let mut all = asked.all("expand").peekable();
        let told: String = if all.peek().is_some() { all.collect::<Vec<_>>().join(",") } else { otherwise.to_owned() };
        Self(told.split(',').map(|path| path.trim().to_owned()).filter(|path| !path.is_empty()).collect())
    }

    /// For what writes answer with.
    pub(super) fn written() -> Self {
        Self(["body.storage", "space", "version", "history", "ancestors", "container"].map(str::to_owned).to_vec())
    }

    pub(super) const fn paths(paths: Vec<String>) -> Self {
        Self(paths)
    }

    pub(super) const fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Whether a path, or something below it, is wanted.
    fn has(&self, path: &str) -> bool {
        self.0
            .iter()
            .any(|wanted| wanted.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }
}

/// A page.
pub(super) fn content(site: &Site, page: &Record, expand: &Expand) -> Value {
    let path = format!("/rest/api/content/{}", page.id);
    let mut value = json!({
        "id": page.id.to_string(), "type": "page", "status": "current", "title": page.title,
        "extensions": { "position": "none" },
        "_links": {
            "self": format!("/wiki{path}"), "webui": format!("/pages/{}", page.id), "tinyui": format!("/x/{}", page.id),
        },
    });
    let space = || site.get(Kind::Space, page.parent).map(|space| space_view(site, &space, &Expand::nothing()));
    let below = |path: &str, all: &mut dyn Iterator<Item = Record>| {
        if expand.has(path) {
            short_list(all.map(|page| content(site, &page, &Expand::nothing())))
        } else {
            Value::Null
        }
    };
    let of_kind = |path: &str, kind, view: fn(&Record) -> Value| {
        if expand.has(path) { short_list(site.within(kind, page.id).map(|one| view(&one))) } else { Value::Null }
    };
    part(&mut value, expand, "space", &path, || json!(space()));
    part(&mut value, expand, "container", &path, || json!(space()));
    part(&mut value, expand, "version", &path, || version(page));
    part(&mut value, expand, "history", &path, || history(page));
    part(&mut value, expand, "ancestors", &path, || {
        ancestors(site, page).iter().map(|above| content(site, above, &Expand::nothing())).collect()
    });
    part(&mut value, expand, "body", &path, || body(page, expand));
    part(
        &mut value,
        expand,
        "metadata",
        &path,
        || json!({ "labels": short_list(labels(page).map(|one| label(&one))) }),
    );
    part(&mut value, expand, "restrictions", &path, || super::restrictions::by_operation(site, page));
    part(&mut value, expand, "children", &path, || {
        without_null(json!({
            "page": below("children.page", &mut children(site, page.id)),
            "attachment": of_kind("children.attachment", Kind::Attachment, attachment),
            "comment": of_kind("children.comment", Kind::Comment, |one| comment(one, &Expand::nothing())),
        }))
    });
    part(&mut value, expand, "descendants", &path, || {
        without_null(json!({
            "page": below("descendants.page", &mut descendants(site, page.id)),
        }))
    });
    value
}

pub(super) fn comment(comment: &Record, expand: &Expand) -> Value {
    let path = format!("/rest/api/content/{}", comment.id);
    let mut value = json!({
        "id": comment.id.to_string(), "type": "comment", "status": "current", "title": comment.title,
        "extensions": { "location": "footer" }, "_links": { "self": format!("/wiki{path}") },
    });
    let page = json!({ "id": comment.parent.to_string(), "type": "page" });
    part(&mut value, expand, "container", &path, || page);
    part(&mut value, expand, "version", &path, || version(comment));
    part(&mut value, expand, "history", &path, || history(comment));
    part(&mut value, expand, "body", &path, || body(comment, expand));
    value
}

pub(super) fn attachment(file: &Record) -> Value {
    let (id, name) = (format!("att{}", file.id), &file.title);
    json!({
        "id": id, "type": "attachment", "status": "current", "title": name, "version": version(file),
        "metadata": { "mediaType": super::content::media_type(file) },
        "extensions": { "mediaType": super::content::media_type(file), "fileSize": file.content().len() },
        "_links": { "download": super::content::download_path(file), "self": format!("/wiki/rest/api/content/{id}") },
    })
}

/// A page as `search` tells it.
pub(super) fn found(site: &Site, page: &Record, content: Value) -> Value {
    let space = site.get(Kind::Space, page.parent).unwrap_or_default();
    json!({
        "content": content, "title": page.title, "excerpt": page.text, "url": format!("/pages/{}", page.id),
        "resultGlobalContainer": { "title": space.title, "displayUrl": format!("/spaces/{}", space_key(&space)) },
        "entityType": "content", "breadcrumbs": [], "iconCssClass": "content-type-page", "lastModified": DATE, "score": 0.0,
    })
}

pub(super) fn history(one: &Record) -> Value {
    json!({ "latest": true, "createdBy": author(), "createdDate": DATE, "lastUpdated": version(one) })
}

pub(super) fn version(one: &Record) -> Value {
    json!({ "number": one.version, "by": author(), "when": DATE, "message": "", "minorEdit": false })
}

pub(super) fn label(label: &Record) -> Value {
    json!({ "prefix": "global", "name": label.title, "id": label.id.to_string(), "label": label.title })
}

pub(super) fn property(property: &Record) -> Value {
    json!({
        "id": property.id.to_string(), "key": property.title, "value": value_of(property), "version": version(property),
    })
}

pub(super) fn space_view(site: &Site, space: &Record, expand: &Expand) -> Value {
    let key = space_key(space);
    let path = format!("/rest/api/space/{key}");
    let mut value = json!({
        "id": space.id, "key": key, "name": space.title, "type": "global", "status": "current",
        "_links": { "self": format!("/wiki{path}"), "webui": format!("/spaces/{key}") },
    });
    part(&mut value, expand, "homepage", &path, || {
        site.within(Kind::Page, space.id).next().map(|page| content(site, &page, &Expand::nothing())).into()
    });
    let text = json!({ "plain": { "value": space.text, "representation": "plain" } });
    part(&mut value, expand, "description", &path, || text);
    // Each group may read each space.
    part(&mut value, expand, "permissions", &path, || {
        site.all(Kind::Group)
            .map(|one| {
                json!({
                    "id": one.id, "subjects": { "group": { "results": [group(&one)], "size": 1 } },
                    "operation": { "operation": "read", "targetType": "space" },
                })
            })
            .collect()
    });
    value
}

pub(super) fn user(user: &Record) -> Value {
    json!({
        "type": "known", "accountId": format!("user-{}", user.id), "accountType": "atlassian", "email": "",
        "displayName": user.title, "publicName": user.title,
    })
}

pub(super) fn group(group: &Record) -> Value {
    json!({ "type": "group", "name": group.title, "id": format!("group-{}", group.id) })
}

/// Everything was written by the same user.
fn author() -> Value {
    json!({ "type": "known", "accountId": "user-1", "displayName": "User 1", "publicName": "User 1" })
}

/// Shows a part that is wanted, or says where it is.
fn part(value: &mut Value, expand: &Expand, name: &str, path: &str, make: impl FnOnce() -> Value) {
    if expand.has(name) {
        value[name] = make();
    } else {
        value["_expandable"][name] = path.into();
    }
}

/// The text is the same in each form: it is kept as it was sent.
fn body(one: &Record, expand: &Expand) -> Value {
    let wanted = FORMS.into_iter().filter(|form| expand.has(&format!("body.{form}")));
    wanted.map(|form| (form.to_owned(), json!({ "value": one.text, "representation": form }))).collect()
}

fn short_list(all: impl Iterator<Item = Value>) -> Value {
    let results: Vec<Value> = all.take(WITHIN).collect();
    json!({ "start": 0, "limit": WITHIN, "size": results.len(), "results": results })
}

/// Without the members that nobody asked for.
fn without_null(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}
