//! What stands behind `?`: names that a route knows, each at most once.

use crate::content::asked::short;
use crate::content::reply::Problem;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A query, read.
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// Of the text behind `?`.
    ///
    /// # Errors
    /// On a name that is not known or there twice.
    pub(super) fn read(text: &str, known: &[&str]) -> Result<Self, Problem> {
        let mut all = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()).into_owned() {
            if !known.contains(&name.as_str()) {
                let known = if known.is_empty() { "none".to_owned() } else { format!("`{}`", known.join("`, `")) };
                return Err(Problem::bad(format!("`{}` is no parameter here: use {known}", short(&name))));
            }
            if all.insert(name.clone(), value).is_some() {
                return Err(Problem::bad(format!("`{name}` is there twice: send it once")));
            }
        }
        Ok(Self(all))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A number in a range.
    pub(super) fn number<N: FromStr + PartialOrd + Display>(
        &self,
        name: &str,
        range: &RangeInclusive<N>,
    ) -> Result<Option<N>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let wrong = || format!("`{name}` is `{}`: use {} to {}", short(text), range.start(), range.end());
        number.map(Some).ok_or_else(|| Problem::bad(wrong()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_twice_or_out_of_range_is_refused_with_the_next_step() {
        let read = |text| Query::read(text, &["app", "limit"]);
        let query = read("app=a%20b&limit=7").unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!((query.text("app"), query.number("limit", &(1..=9))), (Some("a b"), Ok(Some(7))));
        assert_eq!(query.number("limit", &(1..=6)), Err(Problem::bad("`limit` is `7`: use 1 to 6".to_owned())));
        let message = |text| read(text).err().map(|problem| problem.message).unwrap_or_default();
        assert_eq!(message("up=1"), "`up` is no parameter here: use `app`, `limit`");
        assert_eq!(message("app=1&app=2"), "`app` is there twice: send it once");
    }
}
