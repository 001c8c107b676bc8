//! What a test may change.

use super::Ask;
use super::query::Query;
use super::state;
use crate::content::asked::short;
use crate::content::reply::Problem;
use headroom_model::time::Instant;
use headroom_sim::scenario::{self, FaultSpec};
use headroom_sim::server::spec::{Dialect, InvocationSpec, Product, ProfileName};
use headroom_sim::value::{Span, Whole};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// Fault rules that there can be.
const MOST_RULES: usize = 1_000;
/// Letters of the name of an app or tenant, as for those that requests name.
const LONGEST_NAME: usize = 200;
/// 9999-12-31T23:00:00Z, an hour before the last instant that HTTP can write.
const LATEST: Instant = Instant(253_402_297_200_000);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    #[serde(default, deserialize_with = "given")]
    advance: Option<Span<0, 3_153_600_000_000>>,
    #[serde(default, deserialize_with = "given")]
    to: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UsageBody {
    #[serde(default, deserialize_with = "given")]
    app: Option<String>,
    #[serde(default, deserialize_with = "given")]
    tenant: Option<String>,
    used_points: Whole<0, 10_000_000>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppBody {
    #[serde(default, deserialize_with = "given")]
    app: Option<String>,
    #[serde(default, deserialize_with = "given")]
    product: Option<Product>,
    #[serde(default, deserialize_with = "given")]
    headers: Option<Dialect>,
    #[serde(default, deserialize_with = "given")]
    profile: Option<ProfileName>,
}

/// Moves the clock on; it never goes back.
pub(super) fn clock(ask: &Ask<'_>) -> Result<Value, Problem> {
    let clock = &ask.desk.clock;
    let body: ClockBody = read(ask)?;
    let by = match (body.advance, body.to) {
        (Some(span), None) => span.get(),
        (None, Some(to)) => {
            let wrong = || bad(format!("`{}` is no RFC 3339: write as `2026-02-02T13:00:00Z`", short(&to)));
            Instant::parse_iso(&to).ok_or_else(wrong)?.since(clock.now())
        }
        _ => return Err(bad("send `advance` or `to`".to_owned())),
    };
    if (clock.now() + by).0 > LATEST.0 {
        return Err(bad("the clock ends with the year 9999: start the server anew".to_owned()));
    }
    clock.advance(by);
    Ok(json!({ "now": clock.now().to_string(), "advanced_ms": by.0 }))
}

/// So many points of a pool are spent in this hour, whatever was spent before.
pub(super) fn usage(ask: &Ask<'_>) -> Result<Value, Problem> {
    let body: UsageBody = read(ask)?;
    let identity = &ask.desk.config.identity;
    let app = name(body.app.as_ref().or(identity.app.as_ref()), "app")?;
    let tenant = name(body.tenant.as_ref().or(identity.tenant.as_ref()), "tenant")?;
    let mut state = ask.desk.state();
    let now = ask.desk.clock.now();
    state.roll.tenant(app, tenant)?;
    let server = state.server(ask.desk, app, now)?;
    server
        .set_used(tenant, body.used_points.get(), now)
        .ok_or_else(|| bad("this server counts no points: give it `[server.quota]`".to_owned()))?;
    Ok(json!({ "app": app, "tenant": tenant, "left": server.left(tenant, now) }))
}

/// In which words an app's limits speak from now on, and which Forge profile holds. Another dialect alone keeps what was
/// used; another product or profile begins with unused limits.
pub(super) fn app(ask: &Ask<'_>) -> Result<Value, Problem> {
    let body: AppBody = read(ask)?;
    let app = name(body.app.as_ref().or(ask.desk.config.identity.app.as_ref()), "app")?;
    if body.product.is_none() && body.headers.is_none() && body.profile.is_none() {
        return Err(bad("send `headers`, `profile` or `product`".to_owned()));
    }
    let mut state = ask.desk.state();
    let now = ask.desk.clock.now();
    let old = state.specs.get(app).unwrap_or(&ask.desk.config.spec);
    let mut spec = old.clone();
    spec.product = body.product.unwrap_or(old.product);
    spec.headers = body.headers.unwrap_or(old.headers);
    if let Some(profile) = body.profile {
        // What the thread of RFC 130 proposes stands instead of a profile.
        let others = spec.invocations.take().unwrap_or_default();
        let proposals = InvocationSpec { formula: None, per_user_cap: None, refill: None, ..others };
        spec.invocations = Some(InvocationSpec { profile, ..proposals });
    }
    let begins_anew = (spec.product, &spec.invocations) != (old.product, &old.invocations);
    // Before it is changed, so that one app too many changes nothing.
    state.server(ask.desk, app, now)?;
    let told = json!({
        "app": app, "product": spec.product, "headers": spec.headers,
        "profile": spec.invocations.as_ref().map(|invocations| invocations.profile),
    });
    state.specs.insert(app.to_owned(), spec.clone());
    if begins_anew {
        state.apps.remove(app);
    }
    state.server(ask.desk, app, now)?.speak_as(&spec);
    Ok(told)
}

/// The names of the rules.
pub(super) fn faults(ask: &Ask<'_>) -> Result<Value, Problem> {
    Query::read(ask.query, &[])?;
    let names: Vec<String> = ask.desk.state().rules.iter().map(|rule| rule.name.get_ref().clone()).collect();
    Ok(json!({ "faults": names }))
}

/// One more rule.
pub(super) fn install(ask: &Ask<'_>) -> Result<Value, Problem> {
    let rule = rule(ask)?;
    let mut all = ask.desk.state().rules.clone();
    if all.len() >= MOST_RULES {
        let message = format!("more than {MOST_RULES} rules: lift some with DELETE /_headroom/faults?name=");
        return Err(Problem { status: 503, message });
    }
    all.push(rule);
    ask.desk.set_rules(all);
    faults(ask)
}

/// No rules, or those without that of a name.
pub(super) fn lift(ask: &Ask<'_>) -> Result<Value, Problem> {
    let query = Query::read(ask.query, &["name"])?;
    let named = query.text("name");
    let mut rules = ask.desk.state().rules.clone();
    let before = rules.len();
    rules.retain(|rule| named.is_some_and(|name| rule.name.get_ref() != name));
    if let Some(name) = named.filter(|_| rules.len() == before) {
        let message = format!("no rule is called `{}`: see GET /_headroom/faults", short(name));
        return Err(Problem { status: 404, message });
    }
    ask.desk.set_rules(rules);
    faults(&Ask { query: "", ..*ask })
}

/// All as at the start, but for the clock.
pub(super) fn reset(ask: &Ask<'_>) -> Result<Value, Problem> {
    ask.desk.reset();
    state::state(ask)
}

/// Read as the TOML that it is in a scenario, so that the same things are allowed and errors say the same.
fn rule(ask: &Ask<'_>) -> Result<FaultSpec, Problem> {
    let text = toml::to_string(&read::<Value>(ask)?).map_err(|error| bad(format!("this is no rule: {error}")))?;
    let rule: FaultSpec = scenario::read("rule", &text).map_err(|error| bad(error.to_string()))?;
    name(Some(rule.name.get_ref()), "")?;
    if rule.on.work.is_some() {
        return Err(bad("`work` meets nothing here, for no request says of which work it is: leave it out".to_owned()));
    }
    Ok(rule)
}

fn read<T: DeserializeOwned>(ask: &Ask<'_>) -> Result<T, Problem> {
    Query::read(ask.query, &[])?;
    let body = serde_json::from_slice(ask.body).map_err(|error| bad(format!("the body is no JSON: {error}")))?;
    T::deserialize(with_whole_numbers(body)).map_err(|error| bad(format!("the body does not fit: {error}")))
}

/// To JSON, 5.0 is as whole as 5, and some languages write it so.
fn with_whole_numbers(value: Value) -> Value {
    let exact = -9_007_199_254_740_992.0..=9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => match number.as_f64().filter(|number| number.fract() == 0.0 && exact.contains(number))
        {
            #[allow(clippy::cast_possible_truncation, reason = "it is whole and within 2^53")]
            Some(whole) => Value::from(whole as i64),
            None => Value::Number(number),
        },
        Value::Array(values) => values.into_iter().map(with_whole_numbers).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, with_whole_numbers(value))).collect(),
        other => other,
    }
}

/// A field that is there; null is none of its values.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn name<'a>(given: Option<&'a String>, default: &'a str) -> Result<&'a str, Problem> {
    let name = given.map_or(default, String::as_str);
    let wrong = || bad(format!("the name `{}` is empty or too long: use 1 to {LONGEST_NAME} letters", short(name)));
    if (1..=LONGEST_NAME).contains(&name.chars().count()) { Ok(name) } else { Err(wrong()) }
}

fn bad(message: String) -> Problem {
    Problem::bad(message)
}
