//! What `write` and `read` have in common: a head, the records in order, and a sum over all of it. Whole numbers are LEB128, instants the
//! difference to the one of the state in zigzag, names lack what they share with the name before.
//!
//! ```text
//! "hdrm" version:u8 length:number { at:number record* } sum:u32
//! record = kind:u8 shared:number name:text which:u8 [pause] [pool] [bucket] [windows]
//! ```

use crate::verdict::{LimiterKind, Scope};

/// What every state begins with.
pub(super) const MAGIC: &[u8] = b"hdrm";
/// What is written, and the newest that can be read.
pub(super) const VERSION: u8 = 1;

/// The kind of a scope as its number, and its name.
pub(super) fn scope_parts(scope: &Scope) -> (u8, &str) {
    match scope {
        Scope::App => (0, ""),
        Scope::Tenant(name) => (1, name),
        Scope::Installation(name) => (2, name),
        Scope::User(name) => (3, name),
        Scope::Environment(name) => (4, name),
        Scope::Call => (5, ""),
    }
}

pub(super) fn scope_of(kind: u8, name: String) -> Option<Scope> {
    Some(match kind {
        0 => Scope::App,
        1 => Scope::Tenant(name),
        2 => Scope::Installation(name),
        3 => Scope::User(name),
        4 => Scope::Environment(name),
        5 => Scope::Call,
        _ => return None,
    })
}

/// How much of the traffic a scope covers, from 0 to 3.
pub(super) const fn width(scope: &Scope) -> u64 {
    match scope {
        Scope::App => 3,
        Scope::Environment(_) => 2,
        Scope::Tenant(_) | Scope::Installation(_) => 1,
        Scope::User(_) | Scope::Call => 0,
    }
}

pub(super) fn kind_parts(kind: &LimiterKind) -> (u8, &str) {
    match kind {
        LimiterKind::PointsQuota => (0, ""),
        LimiterKind::Burst => (1, ""),
        LimiterKind::InvocationRate => (2, ""),
        LimiterKind::Other(text) => (3, text),
    }
}

pub(super) fn kind_of(kind: u8, text: String) -> Option<LimiterKind> {
    Some(match kind {
        0 => LimiterKind::PointsQuota,
        1 => LimiterKind::Burst,
        2 => LimiterKind::InvocationRate,
        3 => LimiterKind::Other(text),
        _ => return None,
    })
}

/// FNV-1a in 32 bits: a change of one byte always changes it.
pub(super) fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
