//! What a server is started with.

use crate::bounds::Bounds;
use crate::clock::Pace;
use crate::identity::IdentitySpec;
use headroom_model::time::Instant;
use headroom_sim::scenario::{self, FaultSpec, Scenario, ScenarioError};
use headroom_sim::server::ServerSpec;
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};

/// What a server is started with. The default is Tier 1's pool of 65,000 points on any free port of this machine.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens; port 0 is any that is free. Another address than loopback needs `control_token`.
    pub address: SocketAddr,
    /// What `/_headroom/` asks for as `Authorization: Bearer`; none: nothing.
    pub control_token: Option<String>,
    /// How its clock runs.
    pub pace: Pace,
    /// When its clock begins; none: today.
    pub start: Option<Instant>,
    /// Draws all that is left to chance.
    pub seed: u64,
    /// Which limits hold.
    pub spec: ServerSpec,
    /// Who is who.
    pub identity: IdentitySpec,
    /// What goes wrong, in this order.
    pub faults: Vec<FaultSpec>,
    /// What its port is held to.
    pub bounds: Bounds,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            control_token: None,
            pace: Pace::default(),
            start: None,
            seed: 1,
            spec: ServerSpec { quota: Some(Default::default()), ..ServerSpec::default() },
            identity: IdentitySpec::default(),
            faults: Vec::new(),
            bounds: Bounds::default(),
        }
    }
}

/// A file of its own: a scenario's `[server]` and `[[fault]]`, and `[identity]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    server: ServerSpec,
    #[serde(default)]
    identity: IdentitySpec,
    #[serde(default, rename = "fault")]
    faults: Vec<FaultSpec>,
}

impl Config {
    /// Reads a config file: `[server]` and `[[fault]]` as in a scenario, and `[identity]`. A file with `[[work]]` is a
    /// scenario. `file` only tells a person which text is meant.
    ///
    /// # Errors
    /// One line with the place, the offending text and the next step.
    pub fn read(file: &str, text: &str) -> Result<Self, ScenarioError> {
        let is_scenario = toml::from_str(text).is_ok_and(|table: toml::Table| table.contains_key("work"));
        if is_scenario {
            return Scenario::parse(file, text).map(|scenario| Self::of_scenario(&scenario));
        }
        let File { server: spec, identity, faults } = scenario::read(file, text)?;
        Ok(Self { spec, identity, faults, ..Self::default() })
    }

    /// The server of a scenario, from its start on. Faults on one of its works meet nothing, for no request says which
    /// work it is of.
    #[must_use]
    pub fn of_scenario(scenario: &Scenario) -> Self {
        let faults = scenario.faults.iter().filter(|fault| fault.on.work.is_none()).cloned().collect();
        Self { spec: scenario.server.clone(), start: Some(scenario.start), faults, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_config_or_a_scenario_or_an_error_with_its_place() {
        let config = Config::read("a.toml", "[server]\nquota = { points = 9 }\n[identity]\napp = 'x'").unwrap();
        assert_eq!(config.spec.quota.unwrap().points_per_hour(), 9);
        let scenario = Config::read("a.toml", &scenario::example()).unwrap();
        assert_eq!((scenario.faults.len(), scenario.start.is_some()), (0, true), "its fault is on a work");
        let error = Config::read("a.toml", "[server]\nquoda = 1").unwrap_err().to_string();
        assert!(error.starts_with("a.toml:2:1:") && error.contains("quota"), "{error}");
    }
}
