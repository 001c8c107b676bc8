//! Zipf's law: the k-th largest tenant asks in proportion to 1 / k^s. In whole numbers, so it is the same everywhere.

use headroom_model::rng::SplitMix64;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;

/// The exponent `s` in quarters, from 0 to 3: a root of a whole number is exact, a power of a fraction is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exponent {
    quarters: u8,
}

impl<'de> Deserialize<'de> for Exponent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Exponent;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 0 to 3 in steps of 0.25")
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Exponent, E> {
                let fits = (0.0..=3.0).contains(&number) && (number * 4.0).fract() == 0.0;
                let quarters = (number * 4.0) as u8;
                fits.then_some(Exponent { quarters })
                    .ok_or_else(|| E::custom(format!("`{number}` is out of range: use 0 to 3 in steps of 0.25")))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Exponent, E> {
                self.visit_f64(number as f64)
            }
        }
        deserializer.deserialize_any(Read)
    }
}

/// Draws tenants by Zipf's law.
#[derive(Clone, Debug)]
pub(crate) struct Zipf {
    /// The sum of the weights up to each tenant.
    sums: Vec<u64>,
}

/// Binary places of a root.
const ROOT_PLACES: u32 = 24;
/// Binary places of a weight; the least, of tenant 100,000 at exponent 3, is still above 0 by its minimum of 1.
const WEIGHT_PLACES: u32 = 40;

impl Zipf {
    pub(crate) fn new(exponent: Exponent, tenants: u32) -> Self {
        let weights = (1..=u128::from(tenants)).scan(0, |sum, rank| {
            *sum += weight(exponent, rank);
            Some(*sum)
        });
        Self { sums: weights.collect() }
    }

    /// A tenant from 0, the largest first.
    pub(crate) fn draw(&self, rng: &mut SplitMix64) -> u32 {
        let total = self.sums.last().copied().unwrap_or(1);
        self.owner(rng.up_to(total - 1))
    }

    /// Whose part of the sum of all weights this is.
    fn owner(&self, at: u64) -> u32 {
        self.sums.partition_point(|sum| *sum <= at) as u32
    }
}

/// `1 / rank^s`, at least the smallest number there is.
fn weight(exponent: Exponent, rank: u128) -> u64 {
    let root = (rank << (4 * ROOT_PLACES)).isqrt().isqrt();
    let weight = (0..exponent.quarters).fold(1_u128 << WEIGHT_PLACES, |weight, _| (weight << ROOT_PLACES) / root);
    u64::try_from(weight.max(1)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fall_as_the_law_says() {
        for quarters in [0, 2, 4, 8] {
            let zipf = Zipf::new(Exponent { quarters }, 5);
            let (mut rng, mut drawn) = (SplitMix64::new(7), [0_u32; 5]);
            for _ in 0..100_000 {
                drawn[zipf.draw(&mut rng) as usize] += 1;
            }
            let weights = [1.0_f64, 2.0, 3.0, 4.0, 5.0].map(|rank| rank.powf(-f64::from(quarters) / 4.0));
            let total: f64 = weights.iter().sum();
            for (rank, weight) in weights.iter().enumerate() {
                let (got, want) = (f64::from(drawn[rank]) / 100_000.0, weight / total);
                assert!((got - want).abs() < 0.006, "exponent {quarters}/4, rank {rank}: {got} instead of {want}");
            }
        }
    }

    #[test]
    fn each_tenant_owns_exactly_its_weight() {
        let zipf = Zipf::new(Exponent { quarters: 4 }, 3);
        assert_eq!((zipf.owner(0), zipf.owner(zipf.sums[2] - 1)), (0, 2));
        for (tenant, sum) in zipf.sums[..2].iter().enumerate() {
            assert_eq!((zipf.owner(*sum - 1), zipf.owner(*sum)), (tenant as u32, tenant as u32 + 1));
        }
    }

    #[test]
    fn the_smallest_of_many_tenants_still_has_a_weight() {
        let zipf = Zipf::new(Exponent { quarters: 12 }, 100_000);
        assert!(zipf.sums.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
