//! Which fall of the server's counter is the cost of one call.

use crate::doubt::Doubt;
use headroom_model::headers::Points;
use headroom_model::time::{HOUR, Instant, Millis};
use std::mem;

/// Watches the attempts of one pool. Two that follow each other closely, each alone in flight from being sent to being
/// answered, make a sample: whatever the counter fell by between their figures, of ours only the second was charged
/// for. Any other traffic of ours makes none, so that answers may come in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sampler {
    in_flight: u32,
    /// When the one in flight was sent, if nothing else of ours was, or may have been, on its way since.
    alone_since: Option<Instant>,
    /// From here on, what was given up before has reached the server or never will.
    pub(crate) sure_from: Instant,
    /// What the attempt before said, if it was alone.
    pub(crate) last: Option<Figure>,
}

/// Two attempts take less than this together, waits included. Assumed: siblings may spend all that time, so that a fall
/// over a longer one would tell of them rather than of the call.
const CLOSE: Millis = Millis::from_secs(10);

/// What a server says of its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) limit: Option<u32>,
    pub(crate) remaining: u32,
    pub(crate) resets_at: Instant,
    /// When the attempt was sent that it answers.
    pub(crate) sent_at: Instant,
}

impl Sampler {
    /// An attempt is sent.
    pub(crate) fn sent(&mut self, now: Instant) {
        self.alone_since = Some(now).filter(|_| self.in_flight == 0 && now >= self.sure_from);
        self.in_flight = self.in_flight.saturating_add(1);
    }

    /// An attempt was answered: what it cost at most, if that can be told. What an answer says that may not have been
    /// charged for, an error or a refusal, is kept back: give nothing in its place.
    pub(crate) fn answered(&mut self, said: &Points, now: Instant) -> Option<u32> {
        let figure = self.end().and_then(|sent_at| Figure::of(said, sent_at, now));
        let last = mem::replace(&mut self.last, figure).filter(|last| now.since(last.sent_at) < CLOSE);
        last?.fall_to(figure?)
    }

    /// An attempt was given up in flight: the server may count it, now or later.
    pub(crate) fn lost(&mut self, now: Instant) {
        self.end();
        self.last = None;
        self.sure_from = self.sure_from.max(now + Doubt::SPAN);
    }

    /// As it is worth remembering at `at`: what is on its way then, nobody will hear the end of.
    pub(crate) fn saved(mut self, at: Instant) -> Self {
        if self.in_flight > 0 {
            self.lost(at);
        }
        let last = self.last.filter(|last| at.since(last.sent_at) < CLOSE);
        Self { sure_from: if self.sure_from > at { self.sure_from } else { Instant(0) }, last, ..Self::default() }
    }

    /// What neither has reason to doubt.
    pub(crate) fn join(self, other: Self) -> Self {
        let last = self.last.filter(|last| Some(*last) == other.last);
        Self { sure_from: self.sure_from.max(other.sure_from), last, ..Self::default() }
    }

    /// Takes one out of flight: when it was sent, if it was alone all the time.
    fn end(&mut self) -> Option<Instant> {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.alone_since.take()
    }
}

impl Figure {
    /// None if the window is not told: our clock alone may be in another hour than the server's.
    fn of(said: &Points, sent_at: Instant, now: Instant) -> Option<Self> {
        let Points { limit, remaining, reset } = *said;
        Some(Self { limit, remaining: remaining?, resets_at: reset?.instant(now), sent_at })
    }

    /// The fall of the counter until `later`; none if the two are not of one window and quota. No fall at all is none
    /// either: each request costs something, so that answer was not counted, or not yet.
    fn fall_to(self, later: Self) -> Option<u32> {
        // A delay is rounded and begins anywhere on the way, so the ends of one window may differ by some seconds.
        let is_one_window = self.resets_at.0.abs_diff(later.resets_at.0) < HOUR.0 / 2;
        let fall = self.remaining.saturating_sub(later.remaining);
        (is_one_window && self.limit == later.limit && fall > 0).then_some(fall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::when::When;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// A call that the server may have charged already, and what it then said.
    struct Call {
        id: usize,
        /// Where in the log it stands, and what the server said when it was charged.
        charged: Option<(usize, Points)>,
        /// When it was given up.
        lost_at: Option<Instant>,
    }

    /// The slow, obvious server: it writes down each charge.
    struct Server {
        /// How far its clock is ahead.
        skew: Millis,
        quota: u32,
        tells_delay: bool,
        /// The window, points, and the call, none for siblings'.
        log: Vec<(Instant, u32, Option<usize>)>,
    }

    impl Server {
        fn charge(&mut self, cost: u32, call: Option<usize>, now: Instant) -> (usize, Points) {
            let window = (now + self.skew).hour_start();
            self.log.push((window, cost, call));
            let spent: u32 = self.log.iter().filter(|(of, ..)| *of == window).map(|(_, points, _)| points).sum();
            let reset = match self.tells_delay {
                true => When::After(Millis::from_secs(window.next_hour().since(now + self.skew).secs_ceil())),
                false => When::At(window.next_hour()),
            };
            let (limit, remaining) = (Some(self.quota), Some(self.quota - spent));
            (self.log.len() - 1, Points { limit, remaining, reset: Some(reset) })
        }
    }

    /// Instead of a gap: on to shortly before the next hour.
    const TO_THE_EDGE: u64 = u64::MAX;

    /// A time until the next event, a kind of event, and what it is about.
    fn any_step() -> impl Strategy<Value = (u64, u8, u32, prop::sample::Index)> {
        let gap = prop_oneof![24 => 0_u64..300, 2 => 0_u64..70_000, 1 => 0..HOUR.0, 1 => Just(TO_THE_EDGE)];
        (gap, 0_u8..16, 1_u32..50, any::<prop::sample::Index>())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_sample_is_what_one_call_and_siblings_were_charged_since_the_figure_before(
            skew in 0_u64..9_000,
            tells_delay: bool,
            steps in vec(any_step(), 1..200),
        ) {
            let mut server = Server { skew: Millis(skew), quota: 1_000_000, tells_delay, log: Vec::new() };
            let (mut sampler, mut now) = (Sampler::default(), Instant(HOUR.0 * 12));
            let (mut calls, mut sent) = (Vec::<Call>::new(), 0);
            // Where the last figure of a solitary call stands in the log.
            let mut last_figure = None;
            for (gap, kind, points, which) in steps {
                now = if gap == TO_THE_EDGE { Instant(now.next_hour().0 - 5_000).max(now) } else { now + Millis(gap) };
                // What never reached the server does so no more.
                calls.retain(|call| call.lost_at.is_none_or(|at| now.since(at) < Doubt::SPAN));
                let open = calls.iter().filter(|call| call.lost_at.is_none()).count();
                match kind {
                    0..4 if open == 0 || (kind == 0 && points < 30) => {
                        sampler.sent(now);
                        calls.push(Call { id: sent, charged: None, lost_at: None });
                        sent += 1;
                    }
                    4..8 if !calls.is_empty() => {
                        let call = which.get_mut(&mut calls);
                        if call.charged.is_none() {
                            call.charged = Some(server.charge(points, Some(call.id), now));
                        }
                    }
                    8..13 => {
                        let charged = |call: &Call| call.charged.is_some() && call.lost_at.is_none();
                        let Some(at) = calls.iter().position(charged) else { continue };
                        let call = calls.swap_remove(at);
                        let (at, said) = call.charged.expect("it was found so");
                        if kind == 12 && points < 10 {
                            prop_assert_eq!(sampler.answered(&Points::default(), now), None);
                            last_figure = None;
                            continue;
                        }
                        let before: Option<usize> = last_figure.replace(at);
                        if let Some(sample) = sampler.answered(&said, now) {
                            let before = before.expect("a sample needs a figure before");
                            prop_assert!(before < at, "figures were swapped");
                            let between = &server.log[before + 1..=at];
                            let ours: Vec<_> = between.iter().filter_map(|(_, _, call)| *call).collect();
                            prop_assert_eq!(ours, [call.id], "only this call was charged for");
                            prop_assert!(between.iter().all(|(window, ..)| *window == server.log[before].0));
                            prop_assert_eq!(sample, between.iter().map(|(_, points, _)| points).sum::<u32>());
                        }
                    }
                    13 => drop(server.charge(points, None, now)),
                    14 if points < 10 => {
                        let Some(call) = calls.iter_mut().find(|call| call.lost_at.is_none()) else { continue };
                        call.lost_at = Some(now);
                        sampler.lost(now);
                        last_figure = None;
                    }
                    15 if points < 5 => server.quota += points,
                    _ => {}
                }
            }
        }

        /// So that the law above is not kept by silence.
        #[test]
        fn calls_one_after_the_other_within_an_hour_are_all_sampled_but_the_first(
            calls in vec((1_u32..300, 0_u64..5_000), 1..30),
            tells_delay: bool,
        ) {
            let mut server = Server { skew: Millis(5), quota: 1_000_000, tells_delay, log: Vec::new() };
            let (mut sampler, mut now, mut samples) = (Sampler::default(), Instant(HOUR.0 * 12), Vec::new());
            for (id, (cost, latency)) in calls.iter().enumerate() {
                sampler.sent(now);
                let (_, said) = server.charge(*cost, Some(id), now);
                now += Millis(*latency);
                samples.extend(sampler.answered(&said, now));
            }
            let costs: Vec<_> = calls.iter().skip(1).map(|(cost, _)| *cost).collect();
            prop_assert_eq!(samples, costs);
        }
    }

    #[test]
    fn what_siblings_had_long_to_spend_in_is_no_sample() {
        let mut sampler = Sampler::default();
        for (remaining, secs, fall) in [(90, 0, None), (88, 9, Some(2)), (50, 19, None), (48, 20, Some(2))] {
            sampler.sent(NOON + Millis::from_secs(secs));
            assert_eq!(sampler.answered(&said(remaining), NOON + Millis::from_secs(secs)), fall, "{secs}");
        }
    }

    const NOON: Instant = Instant(HOUR.0 * 12);

    fn said(remaining: u32) -> Points {
        Points { remaining: Some(remaining), reset: Some(When::At(NOON + HOUR)), ..Points::default() }
    }

    #[test]
    fn after_one_was_lost_samples_begin_again_once_it_can_no_longer_arrive() {
        let mut sampler = Sampler::default();
        let answer = |sampler: &mut Sampler, remaining, now| {
            sampler.sent(now);
            sampler.answered(&said(remaining), now)
        };
        assert_eq!(answer(&mut sampler, 100, NOON), None);
        assert_eq!(answer(&mut sampler, 98, NOON), Some(2));
        sampler.sent(NOON);
        sampler.lost(NOON);
        let sure = NOON + Doubt::SPAN;
        assert_eq!(answer(&mut sampler, 96, NOON), None);
        assert_eq!(answer(&mut sampler, 94, Instant(sure.0 - 1)), None);
        assert_eq!(answer(&mut sampler, 92, sure), None, "the figure before it may still have been without");
        assert_eq!(answer(&mut sampler, 90, sure), Some(2));
    }

    #[test]
    fn what_makes_no_sense_gives_no_sample() {
        let mut sampler = Sampler::default();
        for (remaining, now) in [(7, Instant(0)), (7, Instant(u64::MAX)), (9, Instant(0)), (8, NOON)] {
            sampler.lost(Instant(u64::MAX));
            assert_eq!(sampler.answered(&said(remaining), now), None, "never sent");
        }
        let mut sampler = Sampler::default();
        for (remaining, fall) in [(9, None), (9, None), (10, None), (10, None), (3, Some(7))] {
            sampler.sent(NOON);
            assert_eq!(sampler.answered(&said(remaining), NOON), fall, "{remaining}");
        }
        assert_eq!(sampler.answered(&said(1), NOON), None, "answered twice");
    }

    #[test]
    fn figures_of_two_quotas_or_windows_or_of_none_give_no_sample() {
        let early = Points { reset: Some(When::At(NOON)), ..said(5) };
        for other in [Points { limit: Some(9), ..said(5) }, Points { reset: None, ..said(5) }, early] {
            let mut sampler = Sampler::default();
            for (said, fall) in [(said(9), None), (other, None), (said(3), None), (said(2), Some(1))] {
                sampler.sent(NOON);
                assert_eq!(sampler.answered(&said, NOON), fall, "{other:?}");
            }
        }
    }
}
