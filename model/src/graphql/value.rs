//! Values in a document and in its variables, as far as they matter to the cost.

use super::document::MOST_BYTES;
use super::error::{InvalidGraphql, quoted};
use apollo_parser::cst::{self, CstNode};
use serde_json::{Map, Value as Json};

/// The variables of a request, by name.
pub type Variables = Map<String, Json>;

/// A value as far as it matters to the cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Count(u32),
    Bool(bool),
    /// A list of so many.
    List(u32),
    Variable(String),
    Other,
}

/// Reads the JSON text of a request's variables; an empty text holds none.
///
/// # Errors
/// Says where the text is no JSON object.
pub fn read_variables(text: &str) -> Result<Variables, InvalidGraphql> {
    let wrong = |line, column, message| Err(InvalidGraphql::placed("variables", line, column, message));
    if text.len() > MOST_BYTES {
        return wrong(1, 1, format!("`{}` bytes are more than {MOST_BYTES}: leave out what is not used", text.len()));
    }
    if text.trim().is_empty() {
        return Ok(Variables::new());
    }
    match serde_json::from_str(text) {
        Ok(Json::Object(variables)) => Ok(variables),
        Ok(_) => wrong(1, 1, format!("{} is no JSON object: write {{\"name\": value}}", quoted(text.trim()))),
        Err(error) => {
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or_default();
            wrong(error.line().max(1), error.column().max(1), format!("{said}: write one JSON object"))
        }
    }
}

/// The text of a name that is there.
pub(super) fn text(name: Option<cst::Name>) -> Option<String> {
    name.map(|name| name.text().to_string())
}

pub(super) fn read_value(value: &cst::Value) -> Value {
    match value {
        cst::Value::Variable(variable) => text(variable.name()).map_or(Value::Other, Value::Variable),
        cst::Value::IntValue(number) => count(number.syntax().text().to_string().trim()),
        cst::Value::BooleanValue(truth) => Value::Bool(truth.true_token().is_some()),
        cst::Value::ListValue(list) => Value::List(u32::try_from(list.values().count()).unwrap_or(u32::MAX)),
        _ => Value::Other,
    }
}

/// A whole number; one too big for a count is the biggest count, one below zero is none.
fn count(digits: &str) -> Value {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Value::Count(digits.parse().unwrap_or(u32::MAX))
    } else {
        Value::Other
    }
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Number(number) => count(&number.to_string()),
            Json::Bool(truth) => Self::Bool(*truth),
            Json::Array(items) => Self::List(u32::try_from(items.len()).unwrap_or(u32::MAX)),
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_one_json_object() {
        assert_eq!(read_variables(" \n"), Ok(Variables::new()));
        assert_eq!(read_variables("{\"n\": 3}").unwrap().len(), 1);
        let said = |text| read_variables(text).unwrap_err().to_string();
        assert_eq!(
            said("[1]"),
            "invalid variables at line 1, column 1: `[1]` is no JSON object: write {\"name\": value}"
        );
        assert!(said("{\n\"n\" 3}").starts_with("invalid variables at line 2, column 5: expected `:`"));
    }

    #[test]
    fn numbers_are_counts_however_big() {
        assert_eq!(count("99999999999999999999999"), Value::Count(u32::MAX));
        assert_eq!((count("-1"), Value::from(&Json::from(2.5))), (Value::Other, Value::Other));
    }
}
