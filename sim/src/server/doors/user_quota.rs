//! A proposal from the thread of RFC 130 (2026-04): a cap for each user, so that one compromised account cannot spend the
//! points of its tenant.

use super::account;
use crate::server::counter::Counter;
use crate::server::door::{Door, Key};
use crate::server::spec::QuotaSpec;
use crate::server::verdict::Limit;
use headroom_model::time::HOUR;

/// None without a cap. Calls that name no account are not capped.
pub(super) fn door(spec: &QuotaSpec) -> Option<Door> {
    let hour = Counter::fixed(spec.per_user_cap?.get(), HOUR);
    let door = Door::new(
        Limit::UserQuota,
        hour,
        |facts| facts.account.filter(|_| facts.spends_points).map(|account| Key::Two(facts.tenant, account)),
        account,
    );
    Some(door.of_points())
}
