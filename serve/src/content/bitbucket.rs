//! Bitbucket Cloud REST API 2.0: workspaces, repositories, pipelines, deployments and variables.

use super::asked::{Asked, text};
use super::lookup::{DATE, needed};
use super::pages::Offset;
use super::reply::{Problem, Reply};
use super::site::{Change, Kind, Record, Site};
use headroom_model::operation::Method;
use serde_json::{Value, json};

pub(super) fn reply(site: &Site, asked: &Asked<'_>) -> Result<Reply, Problem> {
    use Method::{Get, Head};
    let parts = asked.parts();
    let is_read = matches!(asked.method, Get | Head);
    match parts.get(1..).unwrap_or_default() {
        ["user"] if is_read => {
            Ok(Reply::one(&json!({ "type": "user", "account_id": "user-1", "display_name": "User 1" })))
        }
        ["workspaces", name] if is_read => Ok(Reply::one(&workspace(asked, name))),
        ["repositories", workspace] if is_read => listed(asked, site.all(Kind::Repository), |record| {
            repository(asked, workspace, &format!("repository-{}", record.id), record)
        }),
        ["repositories", workspace, slug] if is_read => {
            Ok(Reply::one(&repository(asked, workspace, slug, &found(site, slug)?)))
        }
        ["repositories", _, slug, "pipelines", rest @ ..] => pipelines(site, asked, &found(site, slug)?, rest),
        ["repositories", _, slug, "pipelines_config", "variables", rest @ ..] => {
            variables(site, asked, &found(site, slug)?, rest)
        }
        ["repositories", _, slug, "environments", rest @ ..] if is_read => {
            let repository = found(site, slug)?;
            match rest {
                [] => listed(asked, site.within(Kind::Environment, repository.id), environment),
                [id] => Ok(Reply::one(&environment(&environment_of(site, &repository, id)?))),
                _ => Err(Problem::unknown()),
            }
        }
        ["repositories", _, slug, "deployments"] if is_read => {
            listed(asked, site.within(Kind::Environment, found(site, slug)?.id), deployment)
        }
        ["repositories", _, slug, "deployments_config", "environments", id, "variables", rest @ ..] => {
            variables(site, asked, &environment_of(site, &found(site, slug)?, id)?, rest)
        }
        _ => Err(Problem::unknown()),
    }
}

fn pipelines(site: &Site, asked: &Asked<'_>, repository: &Record, rest: &[&str]) -> Result<Reply, Problem> {
    use Method::{Get, Head, Post};
    let one = |id: &str| inside(site, Kind::Pipeline, repository, id, "pipeline");
    match (asked.method, rest) {
        (Get | Head, []) => listed(asked, site.within(Kind::Pipeline, repository.id), pipeline),
        (Get | Head, [id]) => Ok(Reply::one(&pipeline(&one(id)?))),
        (Get | Head, [id, "steps"]) => listed(asked, std::iter::once(one(id)?), step),
        (Post, []) => {
            asked.json()?;
            let run = site.draft(repository.id, "Pipeline", "");
            Ok(Reply::written(201, &pipeline(&run), Change::Put(Kind::Pipeline, run)))
        }
        (Post, [id, "stopPipeline"]) => {
            let mut run = one(id)?;
            run.more.insert("result", "STOPPED".to_owned());
            Ok(Reply::silent(Change::Put(Kind::Pipeline, run)))
        }
        _ => Err(Problem::unknown()),
    }
}

/// Of a repository or an environment.
fn variables(site: &Site, asked: &Asked<'_>, of: &Record, rest: &[&str]) -> Result<Reply, Problem> {
    use Method::{Delete, Get, Head, Post, Put};
    let one = |id: &str| inside(site, Kind::Variable, of, id, "variable");
    match (asked.method, rest) {
        (Get | Head, []) => listed(asked, site.within(Kind::Variable, of.id), variable),
        (Get | Head, [id]) => Ok(Reply::one(&variable(&one(id)?))),
        (Post, []) => {
            let made = told(site.draft(of.id, "", ""), &asked.json()?)?;
            Ok(Reply::written(201, &variable(&made), Change::Put(Kind::Variable, made)))
        }
        (Put, [id]) => {
            let old = one(id)?;
            let mut body = asked.json()?;
            body["key"] = text(&body, "/key").unwrap_or(&old.title).into();
            let new = told(old, &body)?;
            Ok(Reply::written(200, &variable(&new), Change::Put(Kind::Variable, new)))
        }
        (Delete, [id]) => Ok(Reply::silent(Change::Delete(Kind::Variable, one(id)?.id))),
        _ => Err(Problem::unknown()),
    }
}

/// A variable as a request tells it.
fn told(mut variable: Record, body: &Value) -> Result<Record, Problem> {
    variable.title = needed(body, "/key")?.to_owned();
    if let Some(value) = text(body, "/value") {
        variable.text = value.to_owned();
    }
    if body["secured"] == true {
        variable.more.insert("secured", "true".to_owned());
    }
    Ok(variable)
}

/// `page` from 1 and `pagelen`, by default 10, at most 100 (Bitbucket's page on pagination, read 2026-11).
fn listed(
    asked: &Asked<'_>,
    all: impl Iterator<Item = Record>,
    view: impl FnMut(&Record) -> Value,
) -> Result<Reply, Problem> {
    let size = asked.number("pagelen")?.unwrap_or(10).clamp(1, 100);
    let number = asked.number("page")?.unwrap_or(1).max(1);
    let page = Offset::at((number - 1).saturating_mul(size), size, all);
    let values = page.values(view);
    let mut body = json!({ "values": values, "page": number, "pagelen": size, "size": page.total });
    if !page.is_last() {
        body["next"] = [asked.base, &asked.target_with(&[("page", &(number + 1).to_string())])].concat().into();
    }
    Ok(Reply::json(&body, values.len()))
}

/// The scenarios poll 300 repositories, `repo-0` to `repo-299`: each of them is one of those that there are.
fn found(site: &Site, slug: &str) -> Result<Record, Problem> {
    let polled = |id: &str| id.parse().ok().filter(|id: &u64| *id < 1_000).map(|id| 1 + id % 20);
    let id = slug.strip_prefix("repository-").and_then(|id| id.parse().ok());
    let id = id.or_else(|| slug.strip_prefix("repo-").and_then(polled));
    id.and_then(|id| site.get(Kind::Repository, id)).ok_or_else(|| Problem::missing("repository"))
}

/// By its uuid, in braces or without.
fn inside(site: &Site, kind: Kind, parent: &Record, id: &str, name: &str) -> Result<Record, Problem> {
    let id = id.trim_matches(['{', '}']).parse().ok();
    let found = id.and_then(|id| site.get(kind, id)).filter(|record| record.parent == parent.id);
    found.ok_or_else(|| Problem::missing(name))
}

/// By its uuid or slug.
fn environment_of(site: &Site, repository: &Record, id: &str) -> Result<Record, Problem> {
    let by_slug = || site.within(Kind::Environment, repository.id).find(|one| one.title == id);
    inside(site, Kind::Environment, repository, id, "environment").or_else(|error| by_slug().ok_or(error))
}

fn uuid(record: &Record) -> String {
    format!("{{{}}}", record.id)
}

fn link(asked: &Asked<'_>, path: &str) -> Value {
    json!({ "href": format!("{}/2.0/{path}", asked.base) })
}

fn workspace(asked: &Asked<'_>, name: &str) -> Value {
    let links = json!({
        "self": link(asked, &format!("workspaces/{name}")), "repositories": link(asked, &format!("repositories/{name}")),
        "members": link(asked, &format!("workspaces/{name}/members")),
        "projects": link(asked, &format!("workspaces/{name}/projects")),
    });
    json!({ "type": "workspace", "slug": name, "name": name, "uuid": format!("{{{name}}}"), "links": links })
}

fn repository(asked: &Asked<'_>, workspace: &str, slug: &str, record: &Record) -> Value {
    let full_name = format!("{workspace}/{slug}");
    let path = format!("repositories/{full_name}");
    let links = json!({ "self": link(asked, &path), "pipelines": link(asked, &format!("{path}/pipelines")) });
    json!({
        "type": "repository", "uuid": uuid(record), "name": record.title, "slug": slug, "full_name": full_name,
        "is_private": true, "created_on": DATE, "updated_on": DATE, "mainbranch": { "type": "branch", "name": "main" },
        "links": links,
    })
}

fn pipeline(record: &Record) -> Value {
    let result = record.more("result").unwrap_or("SUCCESSFUL");
    json!({
        "type": "pipeline", "uuid": uuid(record), "build_number": record.id, "created_on": DATE, "completed_on": DATE,
        "state": { "type": "pipeline_state_completed", "name": "COMPLETED", "result": { "name": result } },
    })
}

/// Each pipeline has one step.
fn step(run: &Record) -> Value {
    json!({
        "type": "pipeline_step", "uuid": uuid(run), "name": "Build", "started_on": DATE, "completed_on": DATE,
        "state": { "type": "pipeline_step_state_completed", "name": "COMPLETED", "result": { "name": "SUCCESSFUL" } },
    })
}

fn environment(record: &Record) -> Value {
    json!({ "type": "deployment_environment", "uuid": uuid(record), "name": record.title, "slug": record.title })
}

/// The last to an environment.
fn deployment(to: &Record) -> Value {
    json!({
        "type": "deployment", "uuid": uuid(to), "environment": environment(to),
        "state": { "type": "deployment_state_completed", "name": "COMPLETED", "status": { "name": "SUCCESSFUL" } },
    })
}

/// What is secured is never told.
fn variable(record: &Record) -> Value {
    let is_secured = record.more("secured").is_some();
    let value = (!is_secured).then_some(&record.text);
    json!({ "type": "pipeline_variable", "uuid": uuid(record), "key": record.title, "value": value, "secured": is_secured })
}
