//! Issues, and the comments, worklogs and files in them.

use super::view::{View, Wanted, described};
use super::{NAMES, issue_of, key, listed, meta, plain, project_of};
use crate::content::asked::{short, text};
use crate::content::confluence_v1::media_type;
use crate::content::files::uploads;
use crate::content::lookup::{by_id, comment_of, needed, needs, user_of};
use crate::content::pages::Offset;
use crate::content::reply::{Problem, Reply};
use crate::content::site::{Change, Kind, Record};
use headroom_model::operation::Method;
use serde_json::{Value, json};

/// Of a path that begins with `issue` or `attachment`.
pub(super) fn reply(view: &View<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    use Method::{Delete, Get, Head, Post, Put};
    let View { site, asked, .. } = *view;
    let is_read = matches!(asked.method, Get | Head);
    match (asked.method, rest) {
        (_, ["issue", id, "comment", rest @ ..]) => comments(view, &issue_of(site, id)?, rest),
        (_, ["issue", id, "worklog", rest @ ..]) => worklogs(view, &issue_of(site, id)?, rest),
        (_, rest) if is_read => read(view, rest),
        (Post, ["issue"]) => create(view),
        (Put, ["issue", id]) => {
            let (old, body) = (issue_of(site, id)?, asked.json()?);
            let issue = edited(view, Record { version: old.version + 1, ..old }, &body["fields"])?;
            Ok(Reply::silent(Change::Put(Kind::Issue, issue)))
        }
        (Delete, ["issue", id]) => Ok(Reply::silent(without(view, &issue_of(site, id)?))),
        (Put, ["issue", id, "assignee"]) => {
            let issue = edited(view, issue_of(site, id)?, &json!({ "assignee": asked.json()? }))?;
            Ok(Reply::silent(Change::Put(Kind::Issue, issue)))
        }
        (Post, ["issue", id, "transitions"]) => {
            let (mut issue, body) = (issue_of(site, id)?, asked.json()?);
            let told = needed(&body, "/transition/id")?;
            let status = meta::status_after(told).ok_or_else(|| {
                Problem::bad(format!("the transition `{}` is none of this issue: see its transitions", short(told)))
            })?;
            issue.more.insert("status", status.to_owned());
            Ok(Reply::silent(Change::Put(Kind::Issue, edited(view, issue, &body["fields"])?)))
        }
        (Post, ["issue", id, "attachments"]) => attach(view, &issue_of(site, id)?),
        (Delete, ["attachment", id]) => {
            Ok(Reply::silent(Change::Delete(Kind::File, by_id(site, Kind::File, id, "attachment")?.id)))
        }
        _ => Err(Problem::unknown()),
    }
}

fn read(view: &View<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    let View { site, asked, .. } = *view;
    match rest {
        ["issue", id] => {
            let wanted = Wanted::of(asked.all("fields").map(str::to_owned).collect());
            Ok(Reply::one(&view.issue(&issue_of(site, id)?, &wanted)))
        }
        ["issue", id, "transitions"] => {
            issue_of(site, id)?;
            let all = meta::transitions();
            Ok(Reply::json(&json!({ "expand": "transitions", "transitions": all }), all.len()))
        }
        ["attachment", "content", id] => {
            let file = by_id(site, Kind::File, id, "attachment")?;
            Ok(Reply::bytes(media_type(&file), file.content()))
        }
        ["attachment", id] => Ok(Reply::one(&view.file(&by_id(site, Kind::File, id, "attachment")?))),
        _ => Err(Problem::unknown()),
    }
}

fn create(view: &View<'_>) -> Result<Reply, Problem> {
    let body = view.asked.json()?;
    let project = text(&body, "/fields/project/key").or_else(|| text(&body, "/fields/project/id"));
    let project = project_of(view.site, project.ok_or_else(|| needs("fields.project"))?)?;
    let draft = view.site.draft(project.id, needed(&body, "/fields/summary")?, "");
    let issue = edited(view, draft, &body["fields"])?;
    let link = view.link(&format!("issue/{}", issue.id));
    let made = json!({ "id": issue.id.to_string(), "key": key(&issue), "self": link });
    Ok(Reply::written(201, &made, Change::Put(Kind::Issue, issue)))
}

/// An issue with the fields of a request. Fields that this server does not keep are read over, as screens decide it in the
/// product.
fn edited(view: &View<'_>, mut issue: Record, fields: &Value) -> Result<Record, Problem> {
    if let Some(title) = text(fields, "/summary") {
        issue.title = title.to_owned();
    }
    if let Some(told) = fields.get("description") {
        issue.text = described(told);
    }
    if let Some(labels) = fields["labels"].as_array() {
        issue.labels = labels.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    for (name, read) in
        [("issuetype", meta::issue_type_id as fn(&Value) -> Option<String>), ("priority", meta::priority_id)]
    {
        if let Some(told) = fields.get(name).filter(|told| !told.is_null()) {
            let id = read(told).ok_or_else(|| {
                Problem::bad(format!("`{name}` is `{}`: there is none such", short(&told.to_string())))
            })?;
            issue.more.insert(name, id);
        }
    }
    if let Some(told) = fields.get("assignee") {
        let account = text(told, "/accountId").or_else(|| text(told, "/id"));
        match account.map(|account| user_of(view.site, account)).transpose()? {
            Some(user) => issue.more.insert("assignee", format!("user-{}", user.id)),
            None => issue.more.remove("assignee"),
        };
    }
    Ok(issue)
}

fn without(view: &View<'_>, issue: &Record) -> Change {
    let held = [Kind::Comment, Kind::Worklog, Kind::File].into_iter();
    let held = held.flat_map(|kind| view.site.within(kind, issue.id).map(move |one| Change::Delete(kind, one.id)));
    Change::All(held.chain([Change::Delete(Kind::Issue, issue.id)]).collect())
}

fn comments(view: &View<'_>, issue: &Record, rest: &[&str]) -> Result<Reply, Problem> {
    use Method::{Delete, Get, Head, Post, Put};
    let told = || Ok(described(view.asked.json()?.get("body").ok_or_else(|| needs("body"))?));
    let one = |id: &str| comment_of(view.site, issue.id, id);
    match (view.asked.method, rest) {
        (Get | Head, []) => {
            let all = view.site.within(Kind::Comment, issue.id);
            let page = Offset::of(view.asked, NAMES, [100, 5_000], all)?;
            Ok(listed("comments", &page, |comment| view.comment(comment)))
        }
        (Get | Head, [id]) => Ok(Reply::one(&view.comment(&one(id)?))),
        (Post, []) => {
            let made = view.site.draft(issue.id, "", &told()?);
            Ok(Reply::written(201, &view.comment(&made), Change::Put(Kind::Comment, made)))
        }
        (Put, [id]) => {
            let new = Record { text: told()?, ..one(id)? };
            Ok(Reply::written(200, &view.comment(&new), Change::Put(Kind::Comment, new)))
        }
        (Delete, [id]) => Ok(Reply::silent(Change::Delete(Kind::Comment, one(id)?.id))),
        _ => Err(Problem::unknown()),
    }
}

fn worklogs(view: &View<'_>, issue: &Record, rest: &[&str]) -> Result<Reply, Problem> {
    use Method::{Delete, Get, Head, Post};
    let one = |id: &str| {
        let found = by_id(view.site, Kind::Worklog, id, "worklog").ok().filter(|log| log.parent == issue.id);
        found.ok_or_else(|| Problem::missing("worklog"))
    };
    match (view.asked.method, rest) {
        (Get | Head, []) => {
            let page = Offset::of(view.asked, NAMES, [5_000, 5_000], view.site.within(Kind::Worklog, issue.id))?;
            Ok(listed("worklogs", &page, |log| view.worklog(log)))
        }
        (Get | Head, [id]) => Ok(Reply::one(&view.worklog(&one(id)?))),
        (Post, []) => {
            let body = view.asked.json()?;
            // Jira takes `timeSpent`, such as `3h 20m`, too.
            let seconds = body["timeSpentSeconds"].as_u64().ok_or_else(|| needs("timeSpentSeconds"))?;
            let mut made = view.site.draft(issue.id, "", &described(&body["comment"]));
            made.more.insert("seconds", seconds.to_string());
            Ok(Reply::written(201, &view.worklog(&made), Change::Put(Kind::Worklog, made)))
        }
        (Delete, [id]) => Ok(Reply::silent(Change::Delete(Kind::Worklog, one(id)?.id))),
        _ => Err(Problem::unknown()),
    }
}

fn attach(view: &View<'_>, issue: &Record) -> Result<Reply, Problem> {
    let mut made = Vec::new();
    for file in uploads(view.asked.body)? {
        let draft = view.site.draft(issue.id, &file.name, "");
        made.push(Record { id: draft.id + made.len() as u64, bytes: file.content, ..draft });
    }
    let reply = plain(made.iter().map(|file| view.file(file)).collect());
    let changes = made.into_iter().map(|file| Change::Put(Kind::File, file)).collect();
    Ok(Reply { change: Some(Change::All(changes)), ..reply })
}
