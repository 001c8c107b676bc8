//! Refusals that have nothing to do with the client: the gateway's, and those of Forge's proxy. Sources: Atlassian's
//! incident of its gateway and ECO-491, read 2026-11; how often they come is the scenario's.

use super::arrival::{Facts, Target};
use super::spec::GatewaySpec;
use super::verdict::Limit;
use headroom_model::rng::SplitMix64;

/// Draws which requests are refused.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    rng: SplitMix64,
    gateway: Option<Gap>,
    proxy: Option<Gap>,
}

/// Requests from one refusal to the next: 1 to `2 × every − 1`, so `every` on average.
#[derive(Clone, Debug)]
struct Gap {
    every: u32,
    left: u64,
}

impl Gap {
    fn new(every: u32, rng: &mut SplitMix64) -> Self {
        let mut gap = Self { every, left: 0 };
        gap.draw(rng);
        gap
    }

    fn draw(&mut self, rng: &mut SplitMix64) {
        self.left = 1 + rng.up_to(u64::from(self.every.max(1) - 1) * 2);
    }

    fn hits(&mut self, rng: &mut SplitMix64) -> bool {
        self.left -= 1;
        let is_hit = self.left == 0;
        if is_hit {
            self.draw(rng);
        }
        is_hit
    }
}

impl Chance {
    pub(super) fn new(spec: &GatewaySpec, seed: u64) -> Self {
        let mut rng = SplitMix64::new(seed);
        let gateway = spec.every.map(|every| Gap::new(every.get(), &mut rng));
        let proxy = spec.forge_proxy_every.map(|every| Gap::new(every.get(), &mut rng));
        Self { rng, gateway, proxy }
    }

    /// Who refuses this call by chance. Calls of functions pass neither.
    pub(super) fn refuses(&mut self, facts: &Facts<'_>) -> Option<Limit> {
        if facts.target == Target::Function {
            return None;
        }
        let Self { rng, gateway, proxy } = self;
        let by_proxy = proxy.as_mut().is_some_and(|gap| gap.hits(rng));
        let is_gateways = facts.is_of_the_product();
        let by_gateway = is_gateways && gateway.as_mut().is_some_and(|gap| gap.hits(rng));
        // The proxy is the nearer one.
        by_proxy.then_some(Limit::ForgeProxy).or(by_gateway.then_some(Limit::Gateway))
    }
}
