//! Scenarios by the name or the file that a person gives, with their variants.

use crate::clients::listed;
use crate::failure::{self, Failure};
use anyhow::anyhow;
use headroom_sim::Scenario;
use headroom_sim::nearest::nearest;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A scenario with all its variants, or the one variant that is asked for after a slash.
pub fn asked_for(asked: &str) -> Result<Vec<Scenario>, Failure> {
    if let Some((name, variant)) = asked.rsplit_once('/')
        && let Some(scenario) = Scenario::builtin(name)
    {
        return variant_of(&scenario, variant).map(|variant| vec![variant]);
    }
    let scenario = one(asked)?;
    let variants = scenario.variants().into_iter().map(|(_, variant)| variant);
    Ok(std::iter::once(scenario.clone()).chain(variants).collect())
}

fn variant_of(scenario: &Scenario, name: &str) -> Result<Scenario, Failure> {
    let variants = scenario.variants();
    if let Some((_, variant)) = variants.iter().find(|(known, _)| known == name) {
        return Ok(variant.clone());
    }
    let names: Vec<&str> = variants.iter().map(|(name, _)| name.as_str()).collect();
    let hint = nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let known = if names.is_empty() { "it has none".to_owned() } else { format!("there are {}", listed(&names)) };
    Err(Failure::BadInput(anyhow!("unknown variant `{name}` of scenario `{}`: {hint}{known}", scenario.name)))
}

/// The scenario of this name or file, without its variants.
pub fn one(asked: &str) -> Result<Scenario, Failure> {
    if let Some(scenario) = Scenario::builtin(asked) {
        return Ok(scenario);
    }
    let path = Path::new(asked);
    if path.extension().is_some_and(|extension| extension == "toml") || path.is_file() {
        return Scenario::parse(asked, &read_text(path)?).map_err(|error| Failure::BadInput(error.into()));
    }
    let names = Scenario::builtin_names();
    let hint = nearest(asked, names.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let known = format!("there are {}, and files that end in `.toml`", listed(&names));
    Err(Failure::BadInput(anyhow!("unknown scenario `{asked}`: {hint}{known}")))
}

/// A scenario is some lines; what is much longer is another file.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    const MOST: u64 = 1 << 20;
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MOST + 1).read_to_string(&mut text));
    let why = match read {
        Ok(_) if text.len() as u64 <= MOST => return Ok(text),
        Ok(_) => "it is longer than 1 MiB".to_owned(),
        Err(error) => failure::of_file(&error),
    };
    let known = listed(&Scenario::builtin_names());
    let path = path.display();
    Err(Failure::BadInput(anyhow!("cannot read the scenario `{path}`: {why}; name another file or one of {known}")))
}
