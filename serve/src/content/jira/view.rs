//! Objects as Jira writes them.

use super::{key, meta, project_key};
use crate::content::asked::Asked;
use crate::content::lookup::{DATE, user_of};
use crate::content::site::{Kind, Record, Site};
use serde_json::{Value, json};

/// How a request sees its tenant.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) site: &'a Site,
    pub(super) asked: &'a Asked<'a>,
    /// Version 3, where texts are documents.
    is_document: bool,
}

impl<'a> View<'a> {
    pub(super) const fn new(site: &'a Site, asked: &'a Asked<'a>, is_document: bool) -> Self {
        Self { site, asked, is_document }
    }

    /// An address of this API.
    pub(super) fn link(&self, path: &str) -> String {
        format!("{}/rest/api/3/{path}", self.asked.base)
    }

    /// An issue with the fields that are wanted.
    pub(super) fn issue(&self, issue: &Record, wanted: &Wanted) -> Value {
        let mut fields = json!({
            "summary": issue.title, "description": self.text(&issue.text), "labels": issue.labels,
            "project": self.site.get(Kind::Project, issue.parent).as_ref().map(|one| project(self.asked, one)),
            "status": meta::status(issue.more("status").unwrap_or("1")),
            "issuetype": meta::issue_type(issue.more("issuetype").unwrap_or("1")),
            "priority": meta::priority(issue.more("priority").unwrap_or("3")),
            "assignee": issue.more("assignee").and_then(|id| user_of(self.site, id).ok()).map(|one| user(self.asked, &one)),
            "resolution": (issue.more("status") == Some("3")).then(meta::resolution),
            "reporter": author(), "creator": author(), "created": DATE, "updated": DATE,
        });
        if wanted.names_each() {
            let inner = |kind| self.site.within(kind, issue.id);
            let comments: Vec<Value> = inner(Kind::Comment).map(|one| self.comment(&one)).collect();
            fields["comment"] =
                json!({ "total": comments.len(), "maxResults": comments.len(), "startAt": 0, "comments": comments });
            fields["attachment"] = inner(Kind::File).map(|one| self.file(&one)).collect();
            let logs: Vec<Value> = inner(Kind::Worklog).map(|one| self.worklog(&one)).collect();
            fields["worklog"] =
                json!({ "total": logs.len(), "maxResults": logs.len(), "startAt": 0, "worklogs": logs });
        }
        if let Some(fields) = fields.as_object_mut() {
            fields.retain(|name, _| wanted.has(name));
        }
        let link = self.link(&format!("issue/{}", issue.id));
        json!({ "id": issue.id.to_string(), "key": key(issue), "self": link, "fields": fields })
    }

    pub(super) fn comment(&self, comment: &Record) -> Value {
        json!({
            "id": comment.id.to_string(), "body": self.text(&comment.text), "author": author(), "updateAuthor": author(),
            "created": DATE, "updated": DATE,
            "self": self.link(&format!("issue/{}/comment/{}", comment.parent, comment.id)),
        })
    }

    pub(super) fn worklog(&self, log: &Record) -> Value {
        let seconds: u64 = log.more("seconds").and_then(|text| text.parse().ok()).unwrap_or_default();
        json!({
            "id": log.id.to_string(), "issueId": log.parent.to_string(), "comment": self.text(&log.text), "author": author(),
            "timeSpentSeconds": seconds, "timeSpent": format!("{}m", seconds / 60), "started": DATE,
            "created": DATE, "updated": DATE, "self": self.link(&format!("issue/{}/worklog/{}", log.parent, log.id)),
        })
    }

    pub(super) fn file(&self, file: &Record) -> Value {
        json!({
            "id": file.id.to_string(), "filename": file.title, "size": file.content().len(), "author": author(),
            "mimeType": crate::content::confluence_v1::media_type(file), "created": DATE,
            "self": self.link(&format!("attachment/{}", file.id)),
            "content": self.link(&format!("attachment/content/{}", file.id)),
        })
    }

    /// A text in this version's form.
    fn text(&self, text: &str) -> Value {
        if !self.is_document {
            return text.into();
        }
        // A document holds no empty texts.
        let words = (!text.is_empty()).then(|| json!({ "type": "text", "text": text }));
        let paragraph = json!({ "type": "paragraph", "content": words.into_iter().collect::<Vec<_>>() });
        json!({ "type": "doc", "version": 1, "content": [paragraph] })
    }
}

/// The fields that a request wants.
#[derive(Debug)]
pub(super) struct Wanted(Vec<String>);

impl Wanted {
    /// Of names with `*all`, `*navigable` and `-name` among them.
    pub(super) const fn of(names: Vec<String>) -> Self {
        Self(names)
    }

    fn has(&self, name: &str) -> bool {
        let is_left_out = self.0.iter().any(|wanted| wanted.strip_prefix('-') == Some(name));
        let is_all = self.0.iter().all(|wanted| wanted.starts_with('-'))
            || self.0.iter().any(|wanted| wanted == "*all" || wanted == "*navigable");
        !is_left_out && (is_all || self.0.iter().any(|wanted| wanted == name))
    }

    /// Whether what is no column of a list is wanted, too: `*navigable` is without it.
    fn names_each(&self) -> bool {
        !self.0.iter().any(|wanted| wanted == "*navigable")
    }
}

/// A text, as v2 has it, or all texts of a document.
pub(super) fn described(value: &Value) -> String {
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

pub(super) fn project(asked: &Asked<'_>, project: &Record) -> Value {
    json!({
        "id": project.id.to_string(), "key": project_key(project.id), "name": project.title, "projectTypeKey": "software",
        "self": format!("{}/rest/api/3/project/{}", asked.base, project.id), "simplified": false, "style": "classic",
    })
}

pub(super) fn user(asked: &Asked<'_>, user: &Record) -> Value {
    json!({
        "self": format!("{}/rest/api/3/user?accountId=user-{}", asked.base, user.id),
        "accountId": format!("user-{}", user.id), "accountType": "atlassian", "displayName": user.title, "active": true,
    })
}

pub(super) fn group(group: &Record) -> Value {
    json!({ "name": group.title, "groupId": format!("group-{}", group.id) })
}

/// Everything was written by the same user.
fn author() -> Value {
    json!({ "accountId": "user-1", "accountType": "atlassian", "displayName": "User 1", "active": true })
}
