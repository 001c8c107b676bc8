//! Which header fields are meant for us, in whatever case and with whatever prefix they come.

/// A field that says something of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// One that can come enforced or beta.
    Limit(Part, Side),
    Date,
    Mark(Mark),
}

/// Which of a pool's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Limit,
    Remaining,
    Reset,
    NearLimit,
    Reason,
    RetryAfter,
    Policy,
    Allowance,
}

/// Whether a figure holds now or is what the coming rule would have said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Enforced,
    Beta,
}

/// What gives a sender away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    TunnelError,
    ForgeProxyError,
    FailureCategory,
    FillRate,
    FillInterval,
    Github,
    Trigger,
}

/// The longest name below.
const LONGEST: usize = 32;

impl Field {
    /// The field of this name, if it is one of ours.
    ///
    /// Sources of the names: Confluence rate limiting page of 2025-12-12 (`X-RateLimit-*`, `Beta-Retry-After`,
    /// `X-Beta-RateLimit-*`); Jira's rate limiting page of 2026-03-05 (`RateLimit`, `RateLimit-Policy` and their
    /// `Beta-` forms); RFC 130 of 2026-04-14 (`rateLimitReset` of web triggers); documentation of ngrok, GitHub and
    /// Jira Data Center, and ECO-491 for `forge-proxy-error`, read 2026-11.
    pub(super) fn of(name: &str) -> Option<Self> {
        let mut lower = [0; LONGEST];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        let name = &*lower;
        let mark = match name {
            b"date" => return Some(Self::Date),
            b"ngrok-error-code" => Mark::TunnelError,
            b"forge-proxy-error" => Mark::ForgeProxyError,
            b"x-failure-category" => Mark::FailureCategory,
            b"x-ratelimit-fillrate" => Mark::FillRate,
            b"x-ratelimit-interval-seconds" => Mark::FillInterval,
            b"x-ratelimit-used" | b"x-github-request-id" => Mark::Github,
            b"ratelimitvalue" | b"ratelimitlimit" | b"ratelimitremaining" | b"ratelimitreset" => Mark::Trigger,
            _ => return Self::of_a_pool(name),
        };
        Some(Self::Mark(mark))
    }

    fn of_a_pool(name: &[u8]) -> Option<Self> {
        let name = name.strip_prefix(b"x-").unwrap_or(name);
        let (side, name) = match name.strip_prefix(b"beta-") {
            Some(name) => (Side::Beta, name.strip_prefix(b"x-").unwrap_or(name)),
            None => (Side::Enforced, name),
        };
        let part = match name {
            b"ratelimit-limit" => Part::Limit,
            b"ratelimit-remaining" => Part::Remaining,
            b"ratelimit-reset" => Part::Reset,
            b"ratelimit-nearlimit" => Part::NearLimit,
            b"ratelimit-reason" => Part::Reason,
            b"retry-after" => Part::RetryAfter,
            b"ratelimit-policy" => Part::Policy,
            b"ratelimit" => Part::Allowance,
            _ => return None,
        };
        Some(Self::Limit(part, side))
    }
}
