//! The seeded generator. All chance in Headroom comes from here, so a seed replays a run.

use crate::time::Millis;

/// `SplitMix64` (Steele, Lea, Flood, OOPSLA 2014): 8 bytes of state, equal on every platform. Not for secrets.
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// A generator whose whole sequence follows from `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `max`, both included.
    ///
    /// By multiplication (Lemire 2019) without the rejection step: the bias is below `max / 2^64`, far under
    /// anything that jitter could notice.
    pub fn up_to(&mut self, max: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * (u128::from(max) + 1);
        u64::try_from(wide >> 64).unwrap_or(max)
    }

    /// A span from zero to `max`, both included.
    pub fn span_up_to(&mut self, max: Millis) -> Millis {
        Millis(self.up_to(max.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // Reference values of splitmix64.c (Vigna, public domain) for seed 1234567.
        let mut rng = SplitMix64::new(1_234_567);
        let got = [rng.next_u64(), rng.next_u64(), rng.next_u64()];
        assert_eq!(got, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    proptest! {
        #[test]
        fn draws_stay_within_their_bound(seed: u64, max: u64) {
            prop_assert!(SplitMix64::new(seed).up_to(max) <= max);
        }

        #[test]
        fn both_ends_are_reached(seed: u64) {
            let mut rng = SplitMix64::new(seed);
            let draws: Vec<_> = (0..200).map(|_| rng.up_to(3)).collect();
            prop_assert!((0..=3).all(|n| draws.contains(&n)), "{draws:?}");
        }
    }
}
