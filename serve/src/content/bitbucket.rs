//! Bitbucket Cloud REST API 2.0: repositories and pipelines.

use super::asked::Asked;
use super::pages::Offset;
use super::reply::{Problem, Reply};
use super::site::{Change, Kind, Record, Site};
use headroom_model::operation::Method;
use serde_json::{Value, json};

pub(super) fn reply(site: &Site, asked: &Asked<'_>) -> Result<Reply, Problem> {
    use Method::{Get, Head, Post};
    let parts = asked.parts();
    match (asked.method, parts.get(1..).unwrap_or_default()) {
        (Get | Head, ["user"]) => {
            Ok(Reply::one(&json!({ "type": "user", "account_id": "user-1", "display_name": "User 1" })))
        }
        (Get | Head, ["repositories", workspace]) => {
            listed(asked, site.all(Kind::Repository), |record| repository(workspace, record))
        }
        (Get | Head, ["repositories", workspace, slug]) => Ok(Reply::one(&repository(workspace, &found(site, slug)?))),
        (Get | Head, ["repositories", _, slug, "pipelines"]) => {
            listed(asked, site.within(Kind::Pipeline, found(site, slug)?.id), pipeline)
        }
        (Get | Head, ["repositories", _, slug, "pipelines", id]) => {
            let repository = found(site, slug)?;
            let uuid = id.trim_matches(['{', '}']).parse().ok();
            let run = uuid.and_then(|id| site.get(Kind::Pipeline, id)).filter(|run| run.parent == repository.id);
            Ok(Reply::one(&pipeline(&run.ok_or_else(|| Problem::missing("pipeline"))?)))
        }
        (Post, ["repositories", _, slug, "pipelines"]) => {
            asked.json()?;
            let run = site.draft(found(site, slug)?.id, "Pipeline", "");
            Ok(Reply::written(201, &pipeline(&run), Change::Put(Kind::Pipeline, run)))
        }
        _ => Err(Problem::unknown()),
    }
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
        body["next"] = [asked.base, &asked.target_with("page", &(number + 1).to_string())].concat().into();
    }
    Ok(Reply::json(&body, values.len()))
}

fn found(site: &Site, slug: &str) -> Result<Record, Problem> {
    let id = slug.strip_prefix("repository-").and_then(|id| id.parse().ok());
    id.and_then(|id| site.get(Kind::Repository, id)).ok_or_else(|| Problem::missing("repository"))
}

fn repository(workspace: &str, record: &Record) -> Value {
    let slug = format!("repository-{}", record.id);
    json!({ "type": "repository", "name": record.title, "slug": slug, "full_name": format!("{workspace}/{slug}") })
}

fn pipeline(record: &Record) -> Value {
    json!({
        "type": "pipeline", "uuid": format!("{{{}}}", record.id), "build_number": record.id,
        "state": { "type": "pipeline_state_completed", "name": "COMPLETED", "result": { "name": "SUCCESSFUL" } },
    })
}
