//! What the server knows.

use super::Ask;
use super::query::Query;
use crate::content::asked::short;
use crate::content::reply::Problem;
use crate::desk::Desk;
use crate::state::State;
use headroom_model::time::Instant;
use headroom_sim::server::{Server, WindowState};
use serde_json::{Map, Value, json};

/// Refused requests that are told, the latest first.
const LAST_REFUSED: usize = 20;
/// Tenants of a page, and windows of an app, unless `limit` says otherwise.
const PAGE: usize = 100;
/// The most that `limit` may say.
const MOST: usize = 1_000;

/// Clock and counts; of every app, or of one, its limits and a page of its tenants.
pub(super) fn state(ask: &Ask<'_>) -> Result<Value, Problem> {
    let query = Query::read(ask.query, &["app", "after", "limit"])?;
    let page = Page { after: query.text("after"), limit: query.number("limit", &(1..=MOST))?.unwrap_or(PAGE) };
    let state = ask.desk.state();
    let now = ask.desk.clock.now();
    let named = query.text("app");
    if let Some(app) = named.filter(|app| !state.apps.contains_key(*app)) {
        return Err(Problem { status: 404, message: format!("nothing is known of the app `{}` yet", short(app)) });
    }
    let asked = state.apps.iter().filter(|(app, _)| named.is_none_or(|named| *app == named));
    let apps: Map<_, _> =
        asked.map(|(app, server)| (app.clone(), of_app(ask.desk, &state, app, server, &page))).collect();
    let last = state.ledger.recent.iter().rev();
    let refused: Vec<_> = last.filter(|record| record.limit.is_some()).take(LAST_REFUSED).collect();
    let summary = &state.ledger.summary;
    let clock = ask.desk.clock.pace().to_string();
    Ok(json!({ "now": now.to_string(), "clock": clock, "summary": summary, "apps": apps, "last_refused": refused }))
}

/// The last requests.
pub(super) fn requests(ask: &Ask<'_>) -> Result<Value, Problem> {
    Query::read(ask.query, &[])?;
    Ok(json!({ "requests": ask.desk.state().ledger.recent }))
}

/// Who came too early.
pub(super) fn early(ask: &Ask<'_>) -> Result<Value, Problem> {
    Query::read(ask.query, &[])?;
    let state = ask.desk.state();
    Ok(json!({ "early": state.ledger.summary.early, "first": state.ledger.early }))
}

/// Which tenants: there can be 100,000.
struct Page<'a> {
    after: Option<&'a str>,
    limit: usize,
}

fn of_app(desk: &Desk, state: &State, app: &str, server: &Server, page: &Page<'_>) -> Value {
    let now = desk.clock.now();
    let spec = state.specs.get(app).unwrap_or(&desk.config.spec);
    let tenants: Vec<_> = state.roll.tenants(app, page.after).take(page.limit).collect();
    let pools = tenants.iter().filter_map(|(tenant, _)| Some(((*tenant).to_owned(), pool(server, tenant, now)?)));
    let windows: Vec<Value> = server.windows(now, page.limit).iter().map(window).collect();
    // A page that is not full is the last one.
    let next = tenants.last().filter(|_| tenants.len() == page.limit).map(|(tenant, _)| tenant);
    json!({
        "product": spec.product,
        "headers": spec.headers,
        "profile": spec.invocations.as_ref().map(|invocations| invocations.profile),
        "scope": spec.quota.as_ref().map(|quota| quota.scope()),
        "pools": pools.collect::<Map<_, _>>(),
        "tenants": tenants.iter().copied().collect::<std::collections::BTreeMap<_, _>>(),
        "next": next,
        "windows": windows,
    })
}

fn pool(server: &Server, tenant: &str, now: Instant) -> Option<Value> {
    let pool = server.pool(tenant, now)?;
    let reset = pool.reset.to_string();
    Some(json!({ "quota": pool.quota, "left": pool.left, "reset": reset, "near_limit": pool.is_near() }))
}

fn window(window: &WindowState) -> Value {
    let WindowState { limit, of, most, left, opens } = window;
    json!({ "limit": limit.name(), "of": of, "most": most, "left": left, "opens": opens.map(|at| at.to_string()) })
}
