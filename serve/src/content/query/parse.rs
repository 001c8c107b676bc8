//! The text of a query, read word by word.

use super::{Condition, Operator, Query, Term};
use crate::content::asked::short;
use crate::content::reply::Problem;

/// Comparisons in one query.
const MOST_TERMS: usize = 100;
/// Values of one `in`, as many as Jira takes.
const MOST_VALUES: usize = 1_000;
/// Parentheses and `not` within each other.
const DEEPEST: usize = 50;
/// What stands for itself; all else that is not quoted ends at them or at a space.
const SIGNS: &str = "()=!~,<>&|";
/// Words that are no values unless they are quoted.
const RESERVED: [&str; 10] = ["and", "or", "not", "in", "is", "was", "order", "by", "empty", "null"];

/// Reads a query.
///
/// # Errors
/// On what is not understood, with its place.
pub(super) fn read(text: &str) -> Result<Query, Problem> {
    let mut reader = Reader { words: words(text)?, at: 0, terms: 0, depth: 0 };
    let condition = if reader.is_end() || reader.is("order") { Condition::All(Vec::new()) } else { reader.any()? };
    let mut order = Vec::new();
    if reader.takes("order") {
        reader.needs("by")?;
        loop {
            let field = reader.name()?;
            let is_descending = reader.takes("desc");
            if !is_descending {
                reader.takes("asc");
            }
            order.push((field, is_descending));
            if !reader.takes(",") {
                break;
            }
        }
    }
    if reader.is_end() { Ok(Query { condition, order }) } else { Err(reader.unclear()) }
}

/// A word or sign in lower case, and whether it was quoted.
#[derive(Debug)]
struct Word {
    text: String,
    is_quoted: bool,
}

struct Reader {
    words: Vec<Word>,
    at: usize,
    terms: usize,
    depth: usize,
}

impl Reader {
    fn any(&mut self) -> Result<Condition, Problem> {
        let mut all = vec![self.all()?];
        while self.takes("or") {
            all.push(self.all()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::Any(all) })
    }

    fn all(&mut self) -> Result<Condition, Problem> {
        let mut all = vec![self.one()?];
        while self.takes("and") {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn one(&mut self) -> Result<Condition, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Problem::bad(format!("the query is nested more than {DEEPEST} deep")));
        }
        let condition = if self.takes("not") {
            Condition::Not(Box::new(self.one()?))
        } else if self.takes("(") {
            let inner = self.any()?;
            self.needs(")")?;
            inner
        } else {
            Condition::Is(self.term()?)
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn term(&mut self) -> Result<Term, Problem> {
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(Problem::bad(format!("the query has more than {MOST_TERMS} terms")));
        }
        let field = self.name()?;
        let is_not = self.takes("not");
        let (operator, values) = if self.takes("in") {
            (if is_not { Operator::IsNot } else { Operator::Is }, self.list()?)
        } else if is_not {
            return Err(self.unclear());
        } else {
            let signs = [
                ("!=", Operator::IsNot),
                ("!~", Operator::ContainsNot),
                ("=", Operator::Is),
                ("~", Operator::Contains),
            ];
            let operator = signs.into_iter().find(|(sign, _)| self.takes(sign)).ok_or_else(|| self.unclear())?.1;
            (operator, vec![self.value()?])
        };
        Ok(Term { field, operator, values })
    }

    fn list(&mut self) -> Result<Vec<String>, Problem> {
        self.needs("(")?;
        let mut values = vec![self.value()?];
        while self.takes(",") {
            values.push(self.value()?);
            if values.len() > MOST_VALUES {
                return Err(Problem::bad(format!("`in` has more than {MOST_VALUES} values")));
            }
        }
        self.needs(")")?;
        Ok(values)
    }

    fn name(&mut self) -> Result<String, Problem> {
        let is_name =
            |word: &Word| word.text.chars().all(|c| c.is_alphanumeric() || "._".contains(c)) && !word.is_reserved();
        let word = self.words.get(self.at).filter(|word| is_name(word)).ok_or_else(|| self.unclear())?;
        self.at += 1;
        Ok(word.text.clone())
    }

    fn value(&mut self) -> Result<String, Problem> {
        let is_value =
            |word: &Word| word.is_quoted || !(word.is_reserved() || word.text.starts_with(|c| SIGNS.contains(c)));
        let word = self.words.get(self.at).filter(|word| is_value(word)).ok_or_else(|| self.unclear())?;
        self.at += 1;
        Ok(word.text.clone())
    }

    fn is_end(&self) -> bool {
        self.at == self.words.len()
    }

    fn is(&self, wanted: &str) -> bool {
        self.words.get(self.at).is_some_and(|word| !word.is_quoted && word.text == wanted)
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let is_there = self.is(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn needs(&mut self, wanted: &str) -> Result<(), Problem> {
        if self.takes(wanted) { Ok(()) } else { Err(self.unclear()) }
    }

    fn unclear(&self) -> Problem {
        unclear(self.words.get(self.at).map(|word| word.text.as_str()))
    }
}

impl Word {
    fn is_reserved(&self) -> bool {
        !self.is_quoted && RESERVED.contains(&self.text.as_str())
    }
}

fn unclear(place: Option<&str>) -> Problem {
    let place = place.map_or("the end".to_owned(), |text| format!("`{}`", short(text)));
    let known = "`=`, `!=`, `~`, `!~`, `in`, `not in`, `and`, `or`, `not`, parentheses and `order by`";
    Problem::bad(format!("the query is not understood at {place}: this server knows {known}"))
}

fn words(text: &str) -> Result<Vec<Word>, Problem> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' || first == '\'' {
            let (text, length) = quoted(rest, first).ok_or_else(|| unclear(Some(&rest[1..])))?;
            words.push(Word { text: text.to_lowercase(), is_quoted: true });
            length
        } else {
            let length = match first {
                '!' if rest[1..].starts_with(['=', '~']) => 2,
                sign if SIGNS.contains(sign) => 1,
                _ => rest.find(|c: char| c.is_whitespace() || SIGNS.contains(c) || c == '"').unwrap_or(rest.len()),
            };
            words.push(Word { text: rest[..length].to_lowercase(), is_quoted: false });
            length
        };
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

/// The text between quotation marks, where a backslash stands before what would end it, and its length with them.
fn quoted(rest: &str, mark: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => text.push(chars.next()?.1),
            c if c == mark => return Some((text, at + 1)),
            c => text.push(c),
        }
    }
    None
}
