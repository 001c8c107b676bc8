//! Which door a path leads to, and what is asked of the limits there.

use crate::content::Api;
use crate::content::asked::{Asked, text};
use crate::content::reply::{Problem, Reply};
use crate::content::site::Site;
use crate::identity::Identity;
use headroom_model::graphql::{estimate, read_variables};
use headroom_model::operation::{Context, Invocation, Method, Operation, Request, Trigger};
use serde_json::{Value, json};

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) method: &'a str,
    /// Path and query.
    pub(crate) target: &'a str,
    /// Before which relative links stand.
    pub(crate) base: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) is_new_connection: bool,
}

/// Which door a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// A product's REST API.
    Product(Api),
    /// `/graphql` and `/gateway/api/graphql`.
    Graphql,
    /// Forge's key-value store, which answers without content.
    Storage,
    /// `/x1/{id}`: a web trigger.
    WebTrigger,
    /// `POST /_forge/invoke`: a Forge function.
    Invoke,
}

/// What is asked of the limits.
pub(crate) struct Ask {
    pub(crate) operation: Operation,
    /// Objects that the answer will hold.
    pub(crate) objects: u32,
    /// The answer if nothing refuses; none: what the limits' server says itself.
    pub(crate) reply: Option<Reply>,
}

impl Door {
    /// None if it leads nowhere.
    pub(crate) fn of(asked: &Asked<'_>) -> Option<Self> {
        let parts = asked.parts();
        match parts.as_slice() {
            ["graphql"] | ["gateway", "api", "graphql"] => Some(Self::Graphql),
            ["forge", "storage", ..] => Some(Self::Storage),
            ["x1", _] => Some(Self::WebTrigger),
            ["_forge", "invoke"] => Some(Self::Invoke),
            parts => Api::of(parts).map(Self::Product),
        }
    }

    /// What a call asks here.
    ///
    /// # Errors
    /// On an invocation that makes no sense: no limit is asked, for there is nothing to count.
    pub(crate) fn ask(self, site: &Site, call: &Call<'_>, asked: &Asked<'_>) -> Result<Ask, Problem> {
        let request = |body| {
            let Call { identity, method, target, .. } = *call;
            Operation::Rest(Request {
                tenant: identity.tenant.clone(),
                method: method.to_owned(),
                path: target.to_owned(),
                headers: Vec::new(),
                body,
            })
        };
        Ok(match self {
            Self::Product(api) => {
                let reply = api.reply(site, asked);
                Ask { operation: request(None), objects: reply.objects, reply: Some(reply) }
            }
            Self::Graphql => {
                let (objects, reply) = match objects(call.body) {
                    Ok(objects) => (objects, None),
                    Err(message) => (0, Some(Reply { status: 400, ..Reply::json(&errors(&message), 0) })),
                };
                Ask { operation: request(Some(call.body.to_vec())), objects, reply }
            }
            Self::Storage => Ask { operation: request(None), objects: 1, reply: None },
            Self::WebTrigger => {
                let key = asked.segments.get(1).cloned().unwrap_or_default();
                let context = context(call.identity, Trigger::WebTrigger);
                let invocation = Invocation { function_key: key, payload: String::new(), context };
                Ask { operation: Operation::Invoke(invocation), objects: 1, reply: None }
            }
            Self::Invoke => Ask { operation: Operation::Invoke(invocation(call, asked)?), objects: 1, reply: None },
        })
    }
}

fn context(identity: &Identity, trigger: Trigger) -> Context {
    Context {
        installation: identity.tenant.clone(),
        account: identity.account.clone(),
        environment: "production".to_owned(),
        trigger,
    }
}

/// Of a body such as `{ "functionKey": "getText", "payload": {}, "context": { "trigger": "ui" } }`. What the context does
/// not name is the sender's.
fn invocation(call: &Call<'_>, asked: &Asked<'_>) -> Result<Invocation, Problem> {
    if asked.method != Method::Post {
        return Err(Problem { status: 405, message: "invoke with POST".to_owned() });
    }
    let body = asked.json()?;
    let key = text(&body, "/functionKey").ok_or_else(|| Problem::bad("`functionKey` is missing".to_owned()))?;
    let trigger = match text(&body, "/context/trigger").unwrap_or("ui") {
        "ui" => Trigger::Ui,
        "workflow" => Trigger::Workflow,
        "adf-export" => Trigger::AdfExport,
        "jql-function" => Trigger::JqlFunction,
        "scheduled" => Trigger::Scheduled,
        "product-event" => Trigger::ProductEvent,
        "async-event" => Trigger::AsyncEvent,
        other => {
            let known = "`ui`, `workflow`, `adf-export`, `jql-function`, `scheduled`, `product-event`, `async-event`";
            return Err(Problem::bad(format!("`{}` is no trigger: use {known}", crate::content::asked::short(other))));
        }
    };
    let own = context(call.identity, trigger);
    let named = |name: &str| text(&body, &format!("/context/{name}")).map(str::to_owned);
    let context = Context {
        installation: named("installation").unwrap_or(own.installation),
        account: named("account").or(own.account),
        environment: named("environment").unwrap_or(own.environment),
        trigger,
    };
    let payload = body.get("payload").map(Value::to_string).unwrap_or_default();
    Ok(Invocation { function_key: key.to_owned(), payload, context })
}

/// How many objects the answer to a document holds, its lists as long as it asks for.
pub(crate) fn objects(body: &[u8]) -> Result<u32, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}"))?;
    let document = text(&body, "/query").ok_or("`query` is missing")?;
    let variables = body.get("variables").filter(|variables| variables.is_object()).map(Value::to_string);
    let variables = read_variables(&variables.unwrap_or_default()).map_err(|error| error.to_string())?;
    let asked = estimate(document, text(&body, "/operationName"), &variables).map_err(|error| error.to_string())?;
    let counts = asked.first().into_iter().flat_map(|operation| &operation.objects).map(|kind| kind.count);
    Ok(counts.fold(0, u32::saturating_add))
}

fn errors(message: &str) -> Value {
    json!({ "data": null, "errors": [{ "message": message, "extensions": { "statusCode": 400, "code": "BAD_REQUEST" } }] })
}
