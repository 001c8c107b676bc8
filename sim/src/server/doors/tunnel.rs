//! An ngrok tunnel: new connections of its session in a minute. A connection that is kept alive passes.
//!
//! Source: the thread on ngrok ("rate-limit policy of 20 connections per minute", counted "in the last 60 seconds").

use crate::server::arrival::Facts;
use crate::server::counter::Counter;
use crate::server::door::{Door, Key};
use crate::server::spec::TunnelSpec;
use crate::server::verdict::{Limit, Scope};
use headroom_model::facts;
use headroom_model::time::Millis;

pub(super) fn door(spec: &TunnelSpec) -> Door {
    let limit = spec.per_minute.map_or(facts::NGROK_CONNECTIONS_PER_MINUTE.value, |most| most.get());
    Door::new(Limit::TunnelConnections, Counter::sliding(limit, Millis::from_secs(60)), by_session, |_| Scope::Tunnel)
}

/// There is one session: that of the machine behind the tunnel.
fn by_session(facts: &Facts<'_>) -> Option<Key> {
    facts.arrival.sender.is_new_connection.then_some(Key::All)
}
