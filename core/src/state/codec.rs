//! What `write` and `read` have in common: a head, the records in order, and a sum over all of it. Whole numbers are
//! LEB128, instants the difference to the one of the state in zigzag, texts lack what they share with the record before.
//!
//! ```text
//! "hdrm" version:u8 length:number { at:number record* } sum:u32
//! record = kind:u8 outer:text inner:text which:number [pause] [pool] [cap] [shadow] [bucket] [windows] …
//! text = shared:number length:number bytes
//! ```

use crate::verdict::LimiterKind;

/// What every state begins with.
pub(super) const MAGIC: &[u8] = b"hdrm";
/// What is written, and the newest that can be read.
pub(super) const VERSION: u8 = 2;
/// In this one rates were of a second, and what a bucket lacks in thousandths of a token: now a thousand times both. And
/// what a tenant spent was not told apart by who waited for it.
pub(super) const FIRST: u8 = 1;

/// Kinds of limits by their number, without the last one: that has a text.
const KINDS: [LimiterKind; 15] = [
    LimiterKind::PointsQuota,
    LimiterKind::Burst,
    LimiterKind::PerIssueWrite,
    LimiterKind::Cost,
    LimiterKind::Concurrency,
    LimiterKind::InvocationRate,
    LimiterKind::Egress,
    LimiterKind::StorageRate,
    LimiterKind::TokenBucket,
    LimiterKind::TunnelConnections,
    LimiterKind::HourlyRequests,
    LimiterKind::Gateway,
    LimiterKind::Reserve,
    LimiterKind::FairShare,
    LimiterKind::Cap,
];

/// The number of a kind, and its text if it has one.
pub(crate) fn kind_parts(kind: &LimiterKind) -> (u8, &str) {
    let number = KINDS.iter().position(|other| other == kind).unwrap_or(KINDS.len());
    let text = if let LimiterKind::Other(text) = kind { text } else { "" };
    (u8::try_from(number).unwrap_or(u8::MAX), text)
}

/// The kind of that number and text; none if the number is of none.
pub(crate) fn kind_of(kind: u8, text: &str) -> Option<LimiterKind> {
    match usize::from(kind) {
        at if at == KINDS.len() => Some(LimiterKind::Other(text.to_owned())),
        at => KINDS.get(at).cloned(),
    }
}

/// FNV-1a in 32 bits: a change of one byte always changes it.
pub(super) fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
