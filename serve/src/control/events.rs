//! The stream of requests: NDJSON, or SSE to who accepts `text/event-stream`.

use super::Ask;
use super::query::Query;
use crate::content::reply::Problem;
use crate::desk::Event;
use crate::http::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::channel::{Channel, Sender};
use hyper::Response;
use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde_json::json;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

/// Each request as it comes; with `after`, first those of the last 100 that have a higher number. `most` ends it.
pub(super) fn events(ask: &Ask<'_>) -> Result<Response<Body>, Problem> {
    let query = Query::read(ask.query, &["after", "most"])?;
    // Who reconnects as SSE says what came last.
    let last = ask.headers.get("Last-Event-ID").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = query.number("after", &(0..=u64::MAX))?.or(last);
    let most = query.number("most", &(1..=1_000_000_u64))?.unwrap_or(u64::MAX);
    let accepts = ask.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let is_sse = accepts.is_some_and(|accept| accept.contains("text/event-stream"));
    // Under one lock, so that none is missed between what was kept and what comes.
    let state = ask.desk.state();
    let lines = ask.desk.events.subscribe();
    let kept = state.ledger.recent.iter().filter(|record| after.is_some_and(|after| record.number > after));
    let kept: VecDeque<_> = kept.map(Event::of).collect();
    drop(state);
    let (sender, body) = Channel::<Bytes>::new(16);
    let said = kept.back().map_or(0, |event| event.number);
    tokio::spawn(send(sender, Lines { kept, said, lines, stop: ask.stop.clone() }, most, is_sse));
    let mut response = Response::new(body.boxed());
    let kind = if is_sse { "text/event-stream" } else { "application/x-ndjson" };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// How long nothing may be said. It shows whether there still is somebody who listens.
const SILENCE: Duration = Duration::from_secs(15);

async fn send(mut sender: Sender<Bytes>, mut lines: Lines, most: u64, is_sse: bool) {
    let mut said = 0;
    while said < most {
        let text = match tokio::time::timeout(SILENCE, lines.next()).await {
            Ok(None) => return,
            Ok(Some(Event { number, line })) => {
                said += 1;
                match (is_sse, number) {
                    (false, _) => format!("{line}\n"),
                    (true, 0) => format!("data: {line}\n\n"),
                    (true, number) => format!("id: {number}\ndata: {line}\n\n"),
                }
            }
            // An empty line of NDJSON, a comment of SSE.
            Err(_) => if is_sse { ":\n\n" } else { "\n" }.to_owned(),
        };
        if sender.send_data(text.into()).await.is_err() {
            return;
        }
    }
}

/// What was kept, then what comes.
struct Lines {
    kept: VecDeque<Event>,
    /// The number up to which all was kept.
    said: u64,
    lines: Receiver<Event>,
    stop: watch::Receiver<bool>,
}

impl Lines {
    /// None at the end, which is the server's.
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.kept.pop_front() {
            return Some(event);
        }
        loop {
            let line = tokio::select! {
                line = self.lines.recv() => line,
                _ = self.stop.wait_for(|stop| *stop) => return None,
            };
            match line {
                // It was kept before it was told to those who listen.
                Ok(event) if event.number <= self.said => {}
                Ok(event) => return Some(event),
                Err(RecvError::Lagged(missed)) => {
                    return Some(Event { number: 0, line: json!({ "missed": missed }).to_string() });
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::broadcast;

    #[test]
    fn what_was_kept_is_not_told_again_when_it_comes_late_and_what_was_missed_is_said() {
        let event = |number: u64| Event { number, line: number.to_string() };
        let (sender, receiver) = broadcast::channel(4);
        let stop = watch::Sender::new(false);
        let mut lines = Lines { kept: [event(1), event(2)].into(), said: 2, lines: receiver, stop: stop.subscribe() };
        let told = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let mut told = Vec::new();
            (2..=4).for_each(|number| assert!(sender.send(event(number)).is_ok()));
            for _ in 0..4 {
                told.extend(lines.next().await.map(|event| event.line));
            }
            (5..=10).for_each(|number| assert!(sender.send(event(number)).is_ok()));
            told.extend(lines.next().await.map(|event| event.line));
            stop.send_replace(true);
            while let Some(event) = lines.next().await {
                told.push(event.line);
            }
            told
        });
        assert_eq!(told[..5], ["1", "2", "3", "4", "{\"missed\":2}"]);
        assert!(told.len() <= 9, "it ends when the server does: {told:?}");
    }
}
