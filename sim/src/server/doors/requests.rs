//! Requests of an account: Bitbucket's rolling hour, GitHub's hour, Data Center's token bucket.
//!
//! Sources: the Bitbucket thread of 2018-05 (1,000 in a rolling hour for each account; GitHub's 5,000 for comparison);
//! Bitbucket's and GitHub's pages, read 2026-11 (60 without a login); Data Center's page and its example, read 2026-11.

use super::account;
use crate::server::arrival::{Auth, Facts, Target};
use crate::server::counter::{Bucket, Counter};
use crate::server::door::{Door, Key};
use crate::server::spec::{Product, RequestsSpec};
use crate::server::verdict::Limit;
use headroom_model::facts;
use headroom_model::time::{HOUR, Millis};

pub(super) fn doors(spec: &RequestsSpec, product: Product) -> Vec<Door> {
    let RequestsSpec { per_hour, anonymous_per_hour, capacity, fill, interval_secs } = spec;
    if product == Product::DataCenter {
        let capacity = capacity.map_or(facts::DATA_CENTER_EXAMPLE_CAPACITY.value, |capacity| capacity.get());
        let fill = fill.map_or(facts::DATA_CENTER_EXAMPLE_FILL.value, |fill| fill.get());
        let interval = Millis::from_secs(interval_secs.map_or(1, |secs| secs.get()).into());
        let bucket = Counter::Bucket(Bucket::stepped(capacity, fill, interval));
        return vec![Door::new(Limit::TokenBucket, bucket, by_account, account)];
    }
    let (of_account, anonymous) = match product {
        Product::Github => (facts::GITHUB_PER_HOUR.value, facts::GITHUB_ANONYMOUS_PER_HOUR.value),
        _ => (facts::BITBUCKET_PER_HOUR.value, facts::BITBUCKET_ANONYMOUS_PER_HOUR.value),
    };
    let hour = |limit| match product {
        // Its reset is one instant for the whole window. That it is the UTC hour's end is assumed.
        Product::Github => Counter::fixed(limit, HOUR),
        _ => Counter::sliding(limit, HOUR),
    };
    let of_account = hour(per_hour.map_or(of_account, |most| most.get()));
    let anonymous = hour(anonymous_per_hour.map_or(anonymous, |most| most.get()));
    vec![
        Door::new(Limit::HourlyRequests, of_account, by_account, account),
        Door::new(Limit::HourlyRequests, anonymous, by_address, account),
    ]
}

/// An account over all its machines; who names none is told by the machine.
fn by_account(facts: &Facts<'_>) -> Option<Key> {
    let is_known = facts.target == Target::Product && facts.arrival.sender.auth != Auth::Anonymous;
    is_known.then(|| Key::Who(0, facts.who()))
}

fn by_address(facts: &Facts<'_>) -> Option<Key> {
    let sender = facts.arrival.sender;
    (facts.target == Target::Product && sender.auth == Auth::Anonymous).then_some(Key::One(sender.node))
}
