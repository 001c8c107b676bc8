//! Functions of this process under the keys by which a Forge app invokes them.

use super::{Transport, text_of};
use crate::types::{Answer, AttemptCount, AttemptError, Context, Operation};
use futures::future::{BoxFuture, FutureExt};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Sends invocations to functions of this process, as Forge's resolver does, and REST requests to another transport.
///
/// A function that fails rejects the invocation with JSON in the shape of a JavaScript error, and so does one that panics;
/// an unknown key is rejected, too. Functions run where the call is driven: what takes long on a processor belongs on a
/// thread of its own.
///
/// ```
/// use headroom_host::transport::registry::Registry;
/// use serde_json::json;
///
/// let registry = Registry::new().function("getText", async |payload, context| {
///     let page = payload["page"].as_str().ok_or("no page is named")?.to_owned();
///     Ok(json!({ "text": format!("{page} for {}", context.installation) }))
/// });
/// # let _ = registry;
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    functions: BTreeMap<String, Function>,
    rest: Option<Arc<dyn Transport>>,
}

type Function = Arc<dyn Fn(Value, Context) -> BoxFuture<'static, Result<Value, Rejection>> + Send + Sync>;

/// The error that an invocation is rejected with. `?` makes one of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection(Value);

impl Rejection {
    /// An error that is JSON already, such as one that Forge gave: a limit's properties in it are understood.
    #[must_use]
    pub const fn of(error: Value) -> Self {
        Self(error)
    }
}

impl<T: Into<String>> From<T> for Rejection {
    fn from(message: T) -> Self {
        Self(json!({ "name": "Error", "message": message.into() }))
    }
}

impl Registry {
    /// Knows no function yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Knows this function under its key; an earlier one of the same key is forgotten. It is given the invocation's payload
    /// and whose it is, and gives what the invocation resolves to.
    #[must_use]
    pub fn function<F, R>(mut self, key: impl Into<String>, run: F) -> Self
    where
        F: Fn(Value, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, Rejection>> + Send + 'static,
    {
        self.functions.insert(key.into(), Arc::new(move |payload, context| run(payload, context).boxed()));
        self
    }

    /// Sends REST requests by this transport. Without one they fail.
    #[must_use]
    pub fn rest(mut self, transport: impl Transport) -> Self {
        self.rest = Some(Arc::new(transport));
        self
    }

    fn unknown(&self, key: &str) -> Rejection {
        let known: Vec<_> = self.functions.keys().map(|key| format!("`{key}`")).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        format!("no function `{}` is registered: there is {known}", key.escape_debug()).into()
    }
}

impl Transport for Registry {
    fn send(&self, operation: Operation, attempt: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        let invocation = match (operation, &self.rest) {
            (Operation::Invoke(invocation), _) => invocation,
            (request, Some(rest)) => return rest.send(request, attempt),
            (Operation::Rest(request), None) => {
                let said = format!("`{}` is no function: give the registry a transport by `rest`", request.path);
                return async { Err(AttemptError::Other(said)) }.boxed();
            }
        };
        let Some(run) = self.functions.get(&invocation.function_key).cloned() else {
            let rejection = self.unknown(&invocation.function_key);
            return async move { Ok(rejected(rejection)) }.boxed();
        };
        async move {
            let payload = match serde_json::from_str(&invocation.payload) {
                Ok(payload) => payload,
                Err(error) => {
                    return Ok(rejected(format!("the payload is no JSON: {error}: send it as JSON text").into()));
                }
            };
            let key = invocation.function_key;
            let ran = AssertUnwindSafe(async { run(payload, invocation.context).await }).catch_unwind().await;
            Ok(match ran {
                Ok(Ok(value)) => Answer::Resolved(value.to_string()),
                Ok(Err(rejection)) => rejected(rejection),
                Err(panic) => rejected(format!("function `{key}` panicked: {}", text_of(&*panic)).into()),
            })
        }
        .boxed()
    }
}

fn rejected(Rejection(error): Rejection) -> Answer {
    Answer::Rejected(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Invocation, Trigger};

    fn sent(registry: &Registry, key: &str, payload: &str) -> Result<Answer, AttemptError> {
        let context = Context {
            installation: "site".to_owned(),
            account: None,
            environment: "production".to_owned(),
            trigger: Trigger::Ui,
        };
        let invocation = Invocation { function_key: key.to_owned(), payload: payload.to_owned(), context };
        registry.send(Operation::Invoke(invocation), 1).now_or_never().expect("nothing is waited for")
    }

    #[test]
    fn functions_resolve_and_whatever_goes_wrong_is_a_rejection_with_a_text() {
        let registry = Registry::new()
            .function("echo", async |payload, context| Ok(json!([payload, context.installation])))
            .function("fails", async |_, _| Err("no such page".into()))
            .function("limited", async |_, _| Err(Rejection::of(json!({ "status": 429 }))))
            .function("panics", async |payload: Value, _| Ok(payload["a"].as_u64().expect("a number").into()));
        let error = |message: &str| json!({ "name": "Error", "message": message }).to_string();
        let unknown = "no function `missing` is registered: there is `echo`, `fails`, `limited`, `panics`";
        let no_json = "the payload is no JSON: expected value at line 1 column 1: send it as JSON text";
        for (key, payload, want) in [
            ("echo", "7", Answer::Resolved(r#"[7,"site"]"#.to_owned())),
            ("fails", "{}", Answer::Rejected(error("no such page"))),
            ("limited", "{}", Answer::Rejected(r#"{"status":429}"#.to_owned())),
            ("panics", "{}", Answer::Rejected(error("function `panics` panicked: a number"))),
            ("missing", "{}", Answer::Rejected(error(unknown))),
            ("echo", "x", Answer::Rejected(error(no_json))),
        ] {
            assert_eq!(sent(&registry, key, payload), Ok(want), "{key}");
        }
    }
}
