//! Pagination, as each API does it. A cursor names the last object of its page, so that writes between two pages neither
//! repeat nor skip what was there all the time.

use super::asked::Asked;
use super::reply::{Problem, Reply};
use super::site::Record;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A page of a list by offset: the objects, and how many the list has.
pub(super) struct Offset {
    pub(super) start: u64,
    pub(super) limit: u64,
    pub(super) total: usize,
    pub(super) records: Vec<Record>,
}

impl Offset {
    /// `names` are those of offset and size in the query, `sizes` the default size and the greatest.
    pub(super) fn of(
        asked: &Asked<'_>,
        names: [&str; 2],
        sizes: [u64; 2],
        all: impl Iterator<Item = Record>,
    ) -> Result<Self, Problem> {
        let start = asked.number(names[0])?.unwrap_or(0);
        let limit = asked.number(names[1])?.unwrap_or(sizes[0]).min(sizes[1]);
        Ok(Self::at(start, limit, all))
    }

    pub(super) fn at(start: u64, limit: u64, all: impl Iterator<Item = Record>) -> Self {
        let (mut total, mut records) = (0, Vec::new());
        for (record, at) in all.zip(0..) {
            total += 1;
            if at >= start && at - start < limit {
                records.push(record);
            }
        }
        Self { start, limit, total, records }
    }

    pub(super) const fn end(&self) -> u64 {
        self.start.saturating_add(self.records.len() as u64)
    }

    /// An empty page ends a list, too, for a size of 0 would never come to its end.
    pub(super) const fn is_last(&self) -> bool {
        self.records.is_empty() || self.end() >= self.total as u64
    }

    pub(super) fn values(&self, view: impl FnMut(&Record) -> Value) -> Vec<Value> {
        self.records.iter().map(view).collect()
    }
}

/// Confluence v1: `start`, `limit`, and `_links.next` after the context. Sizes: 25 and 250 by the reference of 2026-07-21.
pub(super) fn v1(
    asked: &Asked<'_>,
    all: impl Iterator<Item = Record>,
    view: impl FnMut(&Record) -> Value,
) -> Result<Reply, Problem> {
    let page = Offset::of(asked, ["start", "limit"], [25, 250], all)?;
    let target = |start: u64| asked.target_with(&[("start", &start.to_string())]).replacen("/wiki", "", 1);
    let mut links = json!({
        "base": format!("{}/wiki", asked.base), "context": "/wiki", "self": format!("{}{}", asked.base, asked.path),
    });
    if !page.is_last() {
        links["next"] = target(page.end()).into();
    }
    let Offset { start, limit, total, .. } = page;
    let results = page.values(view);
    let size = results.len();
    let body = json!({
        "results": results, "start": start, "limit": limit, "size": size, "totalSize": total, "_links": links,
    });
    Ok(Reply::json(&body, size))
}

/// A page of a list by cursor: the objects, and whether more follow.
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    has_more: bool,
}

impl Page {
    /// The first of these.
    pub(super) fn of(all: impl Iterator<Item = Record>, limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut records: Vec<Record> = all.take(limit.saturating_add(1)).collect();
        let has_more = records.len() > limit;
        records.truncate(limit);
        Self { records, has_more }
    }

    /// The cursor of the next page.
    pub(super) fn next(&self) -> Option<String> {
        self.records.last().filter(|_| self.has_more).map(|last| cursor(last.id))
    }
}

/// Confluence v2: `cursor` and `limit`, `_links.next` and `Link`. Sizes: 25 and 250 by the reference of 2026-07-21.
pub(super) fn v2(
    asked: &Asked<'_>,
    all: impl Iterator<Item = Record>,
    view: impl FnMut(&Record) -> Value,
) -> Result<Reply, Problem> {
    let after = asked.param("cursor").map(read_cursor).transpose()?;
    let limit = asked.number("limit")?.unwrap_or(25).clamp(1, 250);
    let page = Page::of(all.filter(|record| after.is_none_or(|after| record.id > after)), limit);
    let next = page.next().map(|cursor| asked.target_with(&[("cursor", &cursor)]));
    let mut links = json!({ "base": format!("{}/wiki", asked.base) });
    if let Some(next) = &next {
        links["next"] = next.as_str().into();
    }
    let results: Vec<Value> = page.records.iter().map(view).collect();
    let mut reply = Reply::json(&json!({ "results": results, "_links": links }), results.len());
    reply.headers.extend(next.map(|next| ("Link", format!("<{next}>; rel=\"next\""))));
    Ok(reply)
}

pub(super) fn cursor(id: u64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("after:{id}"))
}

pub(super) fn read_cursor(text: &str) -> Result<u64, Problem> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    let id = std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_prefix("after:")?.parse().ok());
    id.ok_or_else(|| Problem::bad(format!("the cursor `{}` is none of this server's", super::asked::short(text))))
}
