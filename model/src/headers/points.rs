//! Which numbers of a head are points.
//!
//! A number is taken for points only where the reason, the policy's name or the dialect says so: in the structured
//! dialect `X-RateLimit-*` counts a burst, and a client that reads "349 points left" from it is wrong.

use super::{RateLimit, Signals};
use crate::refusal::{Limiter, Reason};
use crate::when::When;

/// In which words a server speaks of limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// To be seen from the head.
    #[default]
    Auto,
    /// `X-RateLimit-*` counts points. Source: Confluence rate limiting page of 2025-12-12.
    Seed2025_12,
    /// `RateLimit` and `RateLimit-Policy` count points, `X-RateLimit-*` a burst. Source: Jira's rate limiting page of
    /// 2026-03-05.
    Structured2026,
}

/// What a head says of a pool of points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Points {
    /// Points of the window.
    pub limit: Option<u32>,
    /// Points left in it.
    pub remaining: Option<u32>,
    /// When it ends.
    pub reset: Option<When>,
}

/// Fewer than this are no hour's points, where nothing else tells. Source: the smallest quota published is 65,000
/// (40,000 in an example), Confluence rate limiting page of 2025-12-12; the largest burst seen is 400, public threads
/// of developers, read 2026-11. Assumed in between.
const FEWEST_POINTS: u32 = 10_000;

impl Signals {
    /// The points that hold now; nothing where the figures are another limiter's.
    #[must_use]
    pub fn points(&self, dialect: Dialect) -> Points {
        match self.enforced.structured_points() {
            Some(points) if dialect != Dialect::Seed2025_12 => points,
            _ if self.why_not_points(dialect).is_none() => self.enforced.plain_points(),
            _ => Points::default(),
        }
    }

    /// The points that would hold under the coming rule. Its plain fields count points unless the reason beside them
    /// names another limiter.
    #[must_use]
    pub fn beta_points(&self) -> Points {
        match self.beta.structured_points() {
            Some(points) => points,
            None if self.beta.names_another_limiter() => Points::default(),
            None => self.beta.plain_points(),
        }
    }

    /// Why `X-RateLimit-Limit`, `-Remaining` and `-Reset` of this head are not about points; none if they are.
    #[must_use]
    pub fn why_not_points(&self, dialect: Dialect) -> Option<&'static str> {
        match dialect {
            Dialect::Seed2025_12 => return None,
            Dialect::Structured2026 => return Some("in the structured dialect it counts a burst, not points"),
            Dialect::Auto => {}
        }
        let RateLimit { limit, reset, reason, .. } = &self.enforced;
        let marks = &self.marks;
        if self.is_structured() {
            Some("beside structured fields it counts a burst, not points")
        } else if self.enforced.names_another_limiter() {
            Some("it counts what the limiter admits that refused, not points")
        } else if reason.is_some() {
            None
        } else if marks.fill_rate.is_some() || marks.is_github || marks.failure_category.is_some() {
            Some("it counts requests, not points")
        } else if marks.is_web_trigger {
            Some("it counts invocations, not points")
        } else {
            match (reset, limit) {
                (Some(When::At(reset)), _) if reset.is_hour_start() => None,
                (_, Some(FEWEST_POINTS..)) => None,
                (_, Some(_)) => Some("too few for the points of an hour"),
                (Some(When::At(_)), None) => Some("a window that does not end with a UTC hour counts no points"),
                _ => None,
            }
        }
    }
}

impl RateLimit {
    fn names_another_limiter(&self) -> bool {
        let limiter = self.reason.as_deref().map(|reason| Reason::of(reason).limiter);
        limiter.is_some_and(|limiter| limiter != Limiter::PointsQuota)
    }

    const fn plain_points(&self) -> Points {
        Points { limit: self.limit, remaining: self.remaining, reset: self.reset }
    }

    /// Of several quotas the one that has least left counts: it is the one that will refuse.
    fn structured_points(&self) -> Option<Points> {
        let quotas = |name: &str| name.to_ascii_lowercase().contains("quota");
        let policies = || self.policies.iter().filter(|policy| quotas(&policy.name));
        let named = |name: &str| policies().find(|policy| policy.name == name).and_then(|policy| policy.quota);
        let left = self.allowances.iter().filter(|allowance| quotas(&allowance.name));
        if let Some(least) = left.min_by_key(|allowance| allowance.remaining.unwrap_or(u32::MAX)) {
            let reset = least.reset.map(When::After);
            return Some(Points { limit: named(&least.name), remaining: least.remaining, reset });
        }
        let least = policies().min_by_key(|policy| policy.quota.unwrap_or(u32::MAX))?;
        Some(Points { limit: least.quota, ..Points::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Header;
    use crate::time::Millis;

    fn points(dialect: Dialect, headers: &[(&str, &str)]) -> (Option<u32>, Option<u32>) {
        let headers: Vec<_> = headers.iter().map(|(name, value)| Header::new(*name, *value)).collect();
        let points = Signals::read(&headers).points(dialect);
        (points.limit, points.remaining)
    }

    const BURST: [(&str, &str); 2] = [("X-Ratelimit-Limit", "350"), ("X-Ratelimit-Remaining", "349")];

    #[test]
    fn a_burst_is_never_read_as_points() {
        assert_eq!(points(Dialect::Auto, &BURST), (None, None), "Jira's plain answer, seen 2026-03");
        assert_eq!(points(Dialect::Structured2026, &BURST), (None, None));
        assert_eq!(points(Dialect::Seed2025_12, &BURST), (Some(350), Some(349)), "the dialect says so");
        let gateway = [("X-Failure-Category", "RATE"), ("X-Ratelimit-Limit", "360000"), ("X-Ratelimit-Remaining", "0")];
        assert_eq!(points(Dialect::Auto, &gateway), (None, None));
        let reason = [("X-RateLimit-Limit", "150000"), ("RateLimit-Reason", "jira-cost-based")];
        assert_eq!(points(Dialect::Auto, &reason), (None, None));
    }

    #[test]
    fn the_seeds_figures_are_points() {
        for (limit, reset) in [("65000", "2026-02-02T13:00:00Z"), ("10", "2026-02-02T13:00Z"), ("65000", "soon")] {
            let headers = [("X-RateLimit-Limit", limit), ("X-RateLimit-Remaining", "9"), ("X-RateLimit-Reset", reset)];
            assert_eq!(points(Dialect::Auto, &headers), (limit.parse().ok(), Some(9)), "{limit} {reset}");
        }
        assert_eq!(points(Dialect::Auto, &[("X-RateLimit-Remaining", "0")]), (None, Some(0)));
    }

    #[test]
    fn structured_fields_win_and_the_tightest_quota_counts() {
        let mixed = [
            (
                "RateLimit",
                r#""jira-burst-based";r=3;t=1, "tenant-app-quota";r=900;t=60, "global-app-quota";r=1200;t=60"#,
            ),
            ("RateLimit-Policy", r#""global-app-quota";q=65000;w=3600, "tenant-app-quota";q=100100;w=3600"#),
            BURST[0],
        ];
        assert_eq!(points(Dialect::Auto, &mixed), (Some(100_100), Some(900)));
        assert_eq!(points(Dialect::Auto, &mixed[1..]), (Some(65_000), None), "hidden until 80 % are used");
    }

    #[test]
    fn the_coming_rules_points_stand_apart() {
        let beta = [
            Header::new("Beta-RateLimit", r#""tenant-app-quota";r=17842;t=2107"#),
            Header::new("Beta-RateLimit-Policy", r#""tenant-app-quota";q=100100;w=3600"#),
            Header::new(BURST[0].0, BURST[0].1),
        ];
        let signals = Signals::read(&beta);
        assert_eq!(signals.points(Dialect::Auto), Points::default());
        let reset = Some(When::After(Millis::from_secs(2_107)));
        assert_eq!(signals.beta_points(), Points { limit: Some(100_100), remaining: Some(17_842), reset });
    }
}
