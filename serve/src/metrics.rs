//! `/metrics`: counters in the text form of Prometheus, with the field's names.

use crate::desk::Desk;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What `encode` writes.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    limit: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AppLabels {
    app: String,
}

/// All counters at this instant. They are the ledger's, copied when somebody asks.
pub(crate) fn text(desk: &Desk) -> String {
    let now = desk.clock.now();
    let mut registry = Registry::with_prefix("headroom");
    let state = desk.state();
    let summary = &state.ledger.summary;
    let mut count = |name: &str, help: &str, value: u64| {
        let counter: Counter = Counter::default();
        counter.inc_by(value);
        registry.register(name, help, counter);
    };
    count("requests", "Requests to products and functions", summary.requests);
    count("points", "Points spent", summary.points);
    count("early", "Calls before an instant that their client had been told", summary.early);
    count("near_limit", "Admitted while less than a fifth of the points was left", summary.near_limit);
    count("shadow", "Admitted, and a coming rule would have refused", summary.shadow);
    let over_limit = Family::<LimitLabels, Counter>::default();
    for (limit, refused) in &summary.by_limit {
        over_limit.get_or_create(&LimitLabels { limit }).inc_by(*refused);
    }
    registry.register("over_limit", "Refused, by limit", over_limit);
    let remaining = Family::<AppLabels, Gauge>::default();
    for (app, server) in &state.apps {
        // Of the app's own pool, or the least of its tenants'.
        let left = state.roll.tenants(app, None).filter_map(|(tenant, _)| server.left(tenant, now)).min();
        if let Some(left) = left {
            remaining.get_or_create(&AppLabels { app: app.clone() }).set(left.into());
        }
    }
    registry.register("remaining", "Points left, of the tenant that has least", remaining);
    drop(state);
    let mut text = String::new();
    // A string takes all that is written to it.
    let _ = encode(&mut text, &registry);
    text
}
