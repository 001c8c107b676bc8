//! What all issues have in common. It is the same for every tenant, and nothing of it can be changed.

use super::view::{View, project};
use super::{plain, project_key, project_of};
use crate::content::asked::Asked;
use crate::content::lookup::DATE;
use crate::content::pages::Offset;
use crate::content::reply::{Problem, Reply};
use crate::content::site::{Kind, Record};
use serde_json::{Value, json};

/// Each with its category.
const STATUSES: [(&str, &str); 3] = [("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done")];
const TYPES: [&str; 3] = ["Task", "Bug", "Story"];
const PRIORITIES: [&str; 5] = ["Highest", "High", "Medium", "Low", "Lowest"];
/// Fields with their names and types.
const FIELDS: [(&str, &str, &str); 15] = [
    ("summary", "Summary", "string"),
    ("description", "Description", "string"),
    ("issuetype", "Issue Type", "issuetype"),
    ("project", "Project", "project"),
    ("status", "Status", "status"),
    ("priority", "Priority", "priority"),
    ("assignee", "Assignee", "user"),
    ("reporter", "Reporter", "user"),
    ("creator", "Creator", "user"),
    ("labels", "Labels", "array"),
    ("resolution", "Resolution", "resolution"),
    ("comment", "Comment", "comments-page"),
    ("attachment", "Attachment", "array"),
    ("created", "Created", "datetime"),
    ("updated", "Updated", "datetime"),
];

/// Reads of what is fixed.
pub(super) fn read(asked: &Asked<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    let found = |all: Vec<Value>, id: &str, what: &str| {
        let is_it = |one: &Value| one["id"] == id || one["name"] == id;
        all.into_iter().find(is_it).map(|one| Reply::one(&one)).ok_or_else(|| Problem::missing(what))
    };
    match rest {
        ["field"] => Ok(plain(FIELDS.iter().map(|(id, name, kind)| field(id, name, kind)).collect())),
        ["status"] => Ok(plain(statuses())),
        ["status", id] => found(statuses(), id, "status"),
        ["issuetype"] => Ok(plain(types())),
        ["issuetype", id] => found(types(), id, "issue type"),
        ["priority"] => Ok(plain(priorities())),
        ["priority", "search"] => paged(asked, "values", priorities()),
        ["priority", id] => found(priorities(), id, "priority"),
        ["resolution"] => Ok(plain(vec![resolution()])),
        ["resolution", id] => found(vec![resolution()], id, "resolution"),
        _ => Err(Problem::unknown()),
    }
}

/// What a new issue needs: types of a project, and fields of a type.
pub(super) fn createmeta(view: &View<'_>, rest: &[&str]) -> Result<Reply, Problem> {
    match rest {
        // The older one, of all projects at once.
        [] => {
            let keys: Vec<_> = view.asked.all("projectKeys").collect();
            let wanted = |one: &Record| keys.is_empty() || keys.contains(&project_key(one.id).as_str());
            let projects: Vec<Value> = view
                .site
                .all(Kind::Project)
                .filter(wanted)
                .map(|one| {
                    let mut project = project(view.asked, &one);
                    project["issuetypes"] = types().into();
                    project
                })
                .collect();
            Ok(Reply::json(&json!({ "expand": "projects", "projects": projects }), projects.len()))
        }
        [project, "issuetypes"] => {
            project_of(view.site, project)?;
            paged(view.asked, "issueTypes", types())
        }
        [project, "issuetypes", kind] => {
            project_of(view.site, project)?;
            issue_type_id(&json!({ "id": kind })).ok_or_else(|| Problem::missing("issue type"))?;
            let fields = FIELDS.iter().take(10).map(|(id, name, kind)| {
                let is_required = matches!(*id, "summary" | "project" | "issuetype");
                json!({
                    "fieldId": id, "key": id, "name": name, "required": is_required, "hasDefaultValue": false,
                    "schema": { "type": kind, "system": id }, "operations": ["set"],
                })
            });
            paged(view.asked, "fields", fields.collect())
        }
        _ => Err(Problem::unknown()),
    }
}

pub(super) fn server(base: &str) -> Value {
    json!({
        "baseUrl": base, "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud",
        "buildNumber": 100_000, "buildDate": DATE, "serverTime": DATE, "serverTitle": "Jira",
    })
}

/// Everybody may do everything.
pub(super) fn permissions(asked: &Asked<'_>) -> Value {
    let all: Value =
        asked.all("permissions").map(|key| (key.to_owned(), json!({ "key": key, "havePermission": true }))).collect();
    json!({ "permissions": all })
}

pub(super) fn statuses_by_type() -> Reply {
    let all = types().into_iter().map(|mut one| {
        one["statuses"] = statuses().into();
        one
    });
    plain(all.collect())
}

/// One that leads to each status.
pub(super) fn transitions() -> Vec<Value> {
    let ids = (1..=STATUSES.len()).map(|number| number.to_string());
    let to = |id: String| {
        let to = status(&id);
        json!({
            "id": format!("{id}1"), "name": to["name"], "to": to, "isAvailable": true, "isGlobal": true,
            "hasScreen": false,
        })
    };
    ids.map(to).collect()
}

/// The status that a transition leads to.
pub(super) fn status_after(transition: &str) -> Option<&str> {
    transition.strip_suffix('1').filter(|id| numbered(id, STATUSES.len()))
}

pub(super) fn status(id: &str) -> Value {
    let (name, category) = STATUSES[place(id) % STATUSES.len()];
    json!({ "id": id, "name": name, "statusCategory": { "key": category, "name": name } })
}

pub(super) fn issue_type(id: &str) -> Value {
    json!({ "id": id, "name": TYPES[place(id) % TYPES.len()], "subtask": false, "hierarchyLevel": 0 })
}

pub(super) fn priority(id: &str) -> Value {
    json!({ "id": id, "name": PRIORITIES[place(id) % PRIORITIES.len()] })
}

pub(super) fn resolution() -> Value {
    json!({ "id": "10000", "name": "Done", "description": "" })
}

/// The id of a type that is named by id or name.
pub(super) fn issue_type_id(told: &Value) -> Option<String> {
    named(told, &TYPES)
}

/// The id of a priority that is named by id or name.
pub(super) fn priority_id(told: &Value) -> Option<String> {
    named(told, &PRIORITIES)
}

fn named(told: &Value, names: &[&str]) -> Option<String> {
    let by_id = told["id"].as_str().filter(|id| numbered(id, names.len())).map(str::to_owned);
    let place =
        || names.iter().position(|name| told["name"].as_str().is_some_and(|told| told.eq_ignore_ascii_case(name)));
    by_id.or_else(|| Some((place()? + 1).to_string()))
}

fn numbered(id: &str, count: usize) -> bool {
    (1..=count).any(|number| number.to_string() == id)
}

/// Where an id, which counts from 1, stands.
fn place(id: &str) -> usize {
    id.parse::<usize>().unwrap_or(1).saturating_sub(1)
}

fn statuses() -> Vec<Value> {
    (1..=STATUSES.len()).map(|number| status(&number.to_string())).collect()
}

fn types() -> Vec<Value> {
    (1..=TYPES.len()).map(|number| issue_type(&number.to_string())).collect()
}

fn priorities() -> Vec<Value> {
    (1..=PRIORITIES.len()).map(|number| priority(&number.to_string())).collect()
}

fn field(id: &str, name: &str, kind: &str) -> Value {
    json!({
        "id": id, "key": id, "name": name, "custom": false, "orderable": true, "navigable": true, "searchable": true,
        "clauseNames": [id], "schema": { "type": kind, "system": id },
    })
}

/// A page of a list that is fixed.
fn paged(asked: &Asked<'_>, name: &str, all: Vec<Value>) -> Result<Reply, Problem> {
    let records = (0..all.len() as u64).map(|id| Record { id, ..Record::default() });
    let page = Offset::of(asked, super::NAMES, [50, 200], records)?;
    let one = |record: &Record| usize::try_from(record.id).ok().and_then(|at| all.get(at)).cloned().unwrap_or_default();
    Ok(super::listed(name, &page, one))
}
