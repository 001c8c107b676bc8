//! The part of CQL and JQL that is understood: comparisons with `=` and `~`, joined by `AND`.

use super::asked::short;
use super::reply::Problem;

/// A field, whether it has to contain the text instead of being it, and the text.
pub(super) type Term = (String, bool, String);

/// Reads a query. `order by` at its end is read over: everything comes in the order of its number.
///
/// # Errors
/// On what is not understood, rather than finding the wrong objects.
pub(super) fn read(query: &str) -> Result<Vec<Term>, Problem> {
    let lower = query.to_ascii_lowercase();
    let end = lower.find("order by").unwrap_or(query.len());
    let mut rest = query[..end].trim();
    let mut terms = Vec::new();
    while !rest.is_empty() {
        let at = rest.find(['=', '~']).ok_or_else(|| unclear(rest))?;
        let (field, contains) = (rest[..at].trim().to_ascii_lowercase(), rest[at..].starts_with('~'));
        if field.is_empty() || !field.chars().all(|c| c.is_alphanumeric() || c == '.') {
            return Err(unclear(rest));
        }
        let after = rest[at + 1..].trim_start();
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(|| unclear(after))?,
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        let left = left.trim_start();
        let is_and = left.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("and "));
        if value.is_empty() || !(left.is_empty() || is_and) {
            return Err(unclear(rest));
        }
        terms.push((field, contains, value.to_owned()));
        rest = if is_and { left[4..].trim_start() } else { "" };
        if is_and && rest.is_empty() {
            return Err(unclear(left));
        }
    }
    Ok(terms)
}

/// The query has a field that this server does not look at.
pub(super) fn unknown(field: &str) -> Problem {
    Problem::bad(format!("the field `{}` of the query is not known to this server", short(field)))
}

/// Whether a text is the one wanted, or holds it.
pub(super) fn fits(text: &str, contains: bool, wanted: &str) -> bool {
    let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    if contains { text.contains(&wanted) } else { text == wanted }
}

fn unclear(rest: &str) -> Problem {
    Problem::bad(format!("the query is not understood at `{}`: use `=` or `~`, and `AND`", short(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn terms_are_read_and_what_is_not_understood_is_refused() {
        let term = |field: &str, contains, value: &str| (field.to_owned(), contains, value.to_owned());
        assert_eq!(
            read("project = P1 AND summary ~ \"two words\" ORDER BY created"),
            Ok(vec![term("project", false, "P1"), term("summary", true, "two words")])
        );
        assert_eq!(read("order by key"), Ok(vec![]));
        for wrong in ["project", "a = 1 or b = 2", "a in (1, 2)", "a != 1", "a = \"x", "a = 1 and ", "= 1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_query_panics(query in ".{0,60}") {
            let _ = read(&query);
        }

        #[test]
        fn what_is_written_is_read(terms in prop::collection::vec(("[a-z]{1,8}", any::<bool>(), "[a-z ]{1,9}"), 1..4)) {
            let text: Vec<_> =
                terms.iter().map(|(field, has, value)| format!("{field} {} \"{value}\"", if *has { "~" } else { "=" })).collect();
            prop_assert_eq!(read(&text.join(" AND ")), Ok(terms));
        }
    }
}
