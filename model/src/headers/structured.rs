//! `RateLimit-Policy` and `RateLimit`: lists of named members with integer parameters.
//!
//! Source: Jira's rate limiting page of 2026-03-05; the syntax is that of RFC 9651 (2024-09) and of the IETF draft
//! `draft-ietf-httpapi-ratelimit-headers`.

use crate::time::Millis;
use sfv::visitor::{EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ListVisitor, ParameterVisitor};
use sfv::{BareItemFromInput, KeyRef, ListSerializer, Parser, StringRef, key_ref};
use std::convert::Infallible;

/// A member of `RateLimit-Policy`: how much a window admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The policy's name, such as `global-app-quota`.
    pub name: String,
    /// `q`: the quota of the window; points for a points quota, else requests.
    pub quota: Option<u32>,
    /// `w`: the window's length, in whole seconds.
    pub window: Option<Millis>,
}

/// A member of `RateLimit`: what is left of a policy's window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The name of the policy that it is about.
    pub name: String,
    /// `r`: what remains. Present only past about 80 % use.
    pub remaining: Option<u32>,
    /// `t`: how long until the window ends, in whole seconds.
    pub reset: Option<Millis>,
}

const Q: &KeyRef = key_ref("q");
const W: &KeyRef = key_ref("w");
const R: &KeyRef = key_ref("r");
const T: &KeyRef = key_ref("t");

/// Why nothing was read from a value.
pub(super) const NOT_A_LIST: &str = "not a list of named members, such as `\"global-app-quota\";r=11000;t=600`";

impl Policy {
    /// What comes back each second, at least 1, where quota and window are told.
    #[must_use]
    pub fn per_second(&self) -> Option<u32> {
        let secs = u32::try_from(self.window?.secs_ceil()).ok().filter(|secs| *secs > 0)?;
        Some((self.quota? / secs).max(1))
    }

    /// Reads the value of one field; false if something in it was not understood.
    pub(super) fn read(value: &str, into: &mut Vec<Self>) -> bool {
        read(value, [Q, W], |Member { name, numbers: [quota, window] }| {
            into.push(Self { name, quota: small(quota), window: window.map(Millis::from_secs) });
        })
    }

    /// Writes all of them as the value of one field; none if there are none, or a name cannot be written.
    pub(super) fn write(all: &[Self]) -> Option<String> {
        write(all.iter().map(|Self { name, quota, window }| {
            (name.as_str(), [(Q, quota.map(u64::from)), (W, window.map(Millis::secs_ceil))])
        }))
    }
}

impl Allowance {
    /// Reads the value of one field; false if something in it was not understood.
    pub(super) fn read(value: &str, into: &mut Vec<Self>) -> bool {
        read(value, [R, T], |Member { name, numbers: [remaining, reset] }| {
            into.push(Self { name, remaining: small(remaining), reset: reset.map(Millis::from_secs) });
        })
    }

    /// Writes all of them as the value of one field; none if there are none, or a name cannot be written.
    pub(super) fn write(all: &[Self]) -> Option<String> {
        write(all.iter().map(|Self { name, remaining, reset }| {
            (name.as_str(), [(R, remaining.map(u64::from)), (T, reset.map(Millis::secs_ceil))])
        }))
    }
}

/// A count that no pool holds is none.
fn small(number: Option<u64>) -> Option<u32> {
    number.and_then(|number| number.try_into().ok())
}

type Numbered<'a> = [(&'a KeyRef, Option<u64>); 2];

fn write<'a>(members: impl Iterator<Item = (&'a str, Numbered<'a>)>) -> Option<String> {
    let mut list = ListSerializer::new();
    for (name, numbers) in members {
        let mut member = list.bare_item(StringRef::from_str(name).ok()?);
        for (key, number) in numbers {
            if let Some(number) = number {
                member = member.parameter(key, sfv::Integer::try_from(number).ok()?);
            }
        }
    }
    list.finish()
}

/// A member with the two parameters that were asked for.
#[derive(Debug, Default)]
struct Member {
    name: String,
    numbers: [Option<u64>; 2],
}

/// Reads a list by the letter of RFC 9651; where that fails, member by member as people and proxies mangle it.
fn read(value: &str, keys: [&'static KeyRef; 2], mut take: impl FnMut(Member)) -> bool {
    let visitor = List { keys, members: Vec::new(), is_right: true };
    match Parser::new(value).parse_list_with_visitor(visitor) {
        Ok((members, is_right)) => {
            members.into_iter().for_each(take);
            is_right
        }
        Err(_) => {
            let mut is_right = true;
            for member in value.split(',') {
                match Member::read_mangled(member, keys) {
                    Some(member) => take(member),
                    None => is_right = false,
                }
            }
            is_right
        }
    }
}

/// The largest integer of RFC 9651.
const MOST: u64 = 999_999_999_999_999;

/// Quotation marks of word processors, and what is left of them after a bad conversion.
const QUOTES: &[char] = &['"', '\'', '“', '”', '„', '‟', '″', '‘', '’', '«', '»', '`', '\\'];

impl Member {
    fn read_mangled(text: &str, keys: [&'static KeyRef; 2]) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let name = unquoted(parts.next()?);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.:/*".contains(c);
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        let mut member = Self { name: name.to_owned(), numbers: [None; 2] };
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            let at = keys.iter().position(|wanted| wanted.as_str().eq_ignore_ascii_case(unquoted(key)));
            if let Some(at) = at {
                member.numbers[at] = Some(unquoted(value).parse().ok().filter(|number| *number <= MOST)?);
            }
        }
        Some(member)
    }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(QUOTES).trim()
}

struct List {
    keys: [&'static KeyRef; 2],
    members: Vec<Member>,
    is_right: bool,
}

impl<'de> ListVisitor<'de> for List {
    type Out = (Vec<Member>, bool);
    type Error = Infallible;

    fn entry(&mut self) -> Result<impl EntryVisitor<'de>, Infallible> {
        Ok(self)
    }

    fn finish(self) -> Result<Self::Out, Infallible> {
        Ok((self.members, self.is_right))
    }
}

impl<'de> EntryVisitor<'de> for &mut List {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'de>, Infallible> {
        Ok(self)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Infallible> {
        self.is_right = false;
        Ok(Ignored)
    }
}

impl<'de> ItemVisitor<'de> for &mut List {
    type Out = Option<()>;
    type Error = Infallible;

    fn bare_item(
        self,
        item: BareItemFromInput<'de>,
    ) -> Result<impl ParameterVisitor<'de, Out = Option<()>>, Infallible> {
        let name = match &item {
            BareItemFromInput::String(name) => name.as_str(),
            BareItemFromInput::Token(name) => name.as_str(),
            _ => {
                self.is_right = false;
                return Ok(None);
            }
        };
        self.members.push(Member { name: name.to_owned(), numbers: [None; 2] });
        Ok(Some(self))
    }
}

impl<'de> ParameterVisitor<'de> for &mut List {
    type Out = ();
    type Error = Infallible;

    fn parameter(&mut self, key: &'de KeyRef, value: BareItemFromInput<'de>) -> Result<(), Infallible> {
        let at = self.keys.iter().position(|wanted| *wanted == key);
        if let (Some(at), Some(member)) = (at, self.members.last_mut()) {
            member.numbers[at] = match value {
                BareItemFromInput::Integer(number) => u64::try_from(number).ok(),
                _ => None,
            };
            self.is_right &= member.numbers[at].is_some();
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policies(value: &str) -> (Vec<Policy>, bool) {
        let mut found = Vec::new();
        let is_right = Policy::read(value, &mut found);
        (found, is_right)
    }

    fn policy(name: &str, quota: u32, secs: u64) -> Policy {
        Policy { name: name.into(), quota: Some(quota), window: Some(Millis::from_secs(secs)) }
    }

    #[test]
    fn several_policies_stand_in_one_field_in_any_order() {
        let got = policies(r#""jira-burst-based";w=1;q=100, "tenant-app-quota";q=100100;w=3600;pk=:YQ==:"#);
        assert_eq!(got, (vec![policy("jira-burst-based", 100, 1), policy("tenant-app-quota", 100_100, 3_600)], true));
    }

    #[test]
    fn what_people_and_proxies_mangle_is_read_all_the_same() {
        for mangled in [
            "“global-app-quota”;q=65000;w=3600",
            "global-app-quota; q = 65000 ; w= 3600",
            " \"global-app-quota\" ; q=\"65000\";w=3600",
            "'global-app-quota';Q=65000;W=3600",
            r#"\"global-app-quota\";q=65000;w=3600"#,
            "global-app-quota;q=65000;w=3600",
        ] {
            assert_eq!(policies(mangled), (vec![policy("global-app-quota", 65_000, 3_600)], true), "{mangled}");
        }
    }

    #[test]
    fn what_is_no_named_member_is_said_and_hides_nothing_else() {
        for (value, is_right, names) in [
            ("", true, 0),
            ("limit=100, remaining=50", false, 0),
            ("100;w=60", false, 0),
            ("(\"a\" \"b\");q=1, \"c\";q=2", false, 1),
            ("“a”;q=1, ???, b;q=2", false, 2),
            ("a;q=NaN", false, 1),
            ("a;q=-5", false, 1),
            ("“a”;q=NaN", false, 0),
        ] {
            let (found, got) = policies(value);
            assert_eq!((got, found.len()), (is_right, names), "{value}");
        }
        assert_eq!(policies("a;q=-5;w=99999999999999").0[0].quota, None);
        assert_eq!(policies("a;q=99999999999").0[0].quota, None, "more than any pool holds");
    }
}
