//! Every run, on as many threads as there are cores; the results do not depend on them.

use crate::crates;
use crate::row::Row;
use crate::run::{self, OURS, PACKAGES, SETTINGS};
use crate::torture::{self, Tortured};
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The scenarios in the order of the document.
pub const SCENARIOS: [&str; 11] = [
    "backfill-02",
    "backfill-20",
    "backfill-40",
    "backfill-55",
    "costs",
    "at-once",
    "at-once-unpriced",
    "rush-7000x1",
    "rush-4000x5",
    "fleet-5",
    "fleet-50",
];

/// Everything that the document tells.
#[derive(Debug, Serialize, Deserialize)]
pub struct Results {
    pub rows: Vec<Row>,
    pub tortured: Vec<Tortured>,
}

impl Results {
    /// Takes these rows in, for the old ones of the same runs; those of a scenario stay in the order of the clients.
    fn replace(&mut self, rows: Vec<Row>) {
        let key = |row: &Row| (row.scenario.clone(), row.client.clone(), row.setting.clone());
        self.rows.retain(|old| rows.iter().all(|row| key(row) != key(old)));
        self.rows.extend(rows);
        let clients = clients();
        self.rows.sort_by_key(|row| clients.iter().position(|client| *client == (&*row.client, &*row.setting)));
    }
}

/// The clients with their settings, ours first.
pub fn clients() -> Vec<(&'static str, &'static str)> {
    let names = PACKAGES.iter().map(|(name, _)| *name).chain(crates::ALL.iter().map(|(name, ..)| *name));
    let peers = names.flat_map(|name| SETTINGS.map(|setting| (name, setting)));
    std::iter::once((OURS, "default")).chain(peers).collect()
}

/// Runs everything, and keeps the results for [`kept`].
pub fn run() -> Result<Results> {
    let clients = clients();
    keep(Results { rows: rows(&SCENARIOS, &clients)?, tortured: heads(&clients)? })
}

fn rows(scenarios: &[&str], clients: &[(&str, &str)]) -> Result<Vec<Row>> {
    let pairs = scenarios.iter().flat_map(|scenario| clients.iter().map(move |client| (*scenario, *client)));
    let pairs: Vec<_> = pairs.collect();
    on_all_cores(&pairs, |(scenario, (client, setting))| {
        let outcome = run::run(&run::scenario(scenario)?, client, setting, None)?;
        eprintln!("{scenario}: {client}, {setting}");
        Ok(Row::new(scenario, client, setting, outcome))
    })
}

fn heads(clients: &[(&str, &str)]) -> Result<Vec<Tortured>> {
    let heads = torture::heads()?;
    on_all_cores(clients, |(client, setting)| torture::torture(&heads, client, setting))
}

fn keep(results: Results) -> Result<Results> {
    std::fs::write(file()?, serde_json::to_vec(&results)?).context("cannot keep the results")?;
    Ok(results)
}

/// Runs these clients, or `client/setting`, or all of them in these scenarios again, or with `heads` all of them with the
/// heads alone, and takes all else from what was kept: for whoever changes a client or adds a scenario.
pub fn again(names: &[&str]) -> Result<Results> {
    let mut results = kept()?;
    if names == ["heads"] {
        results.tortured = heads(&clients())?;
        return keep(results);
    }
    let scenarios: Vec<_> = SCENARIOS.into_iter().filter(|scenario| names.contains(scenario)).collect();
    if !scenarios.is_empty() {
        ensure!(scenarios.len() == names.len(), "name scenarios or clients, and not both");
        results.replace(rows(&scenarios, &clients())?);
        return keep(results);
    }
    let is_named =
        |client: &str, setting: &str| names.contains(&client) || names.contains(&&*format!("{client}/{setting}"));
    let chosen: Vec<_> = clients().into_iter().filter(|(client, setting)| is_named(client, setting)).collect();
    ensure!(!chosen.is_empty(), "there is no such client");
    results.replace(rows(&SCENARIOS, &chosen)?);
    for one in heads(&chosen)? {
        let key = |one: &Tortured| (one.client.clone(), one.setting.clone());
        results.tortured.iter_mut().filter(|old| key(old) == key(&one)).for_each(|old| *old = one.clone());
    }
    keep(results)
}

/// What the last [`run()`] kept: to write the document again without running anything.
pub fn kept() -> Result<Results> {
    let text = std::fs::read(file()?).context("nothing was run yet: `cargo xtask peers`")?;
    Ok(serde_json::from_slice(&text)?)
}

/// Beside this program.
fn file() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("peers.json"))
}

/// Does all of the work; the results are in its order.
fn on_all_cores<T: Copy + Sync, R: Send>(work: &[T], each: impl Fn(T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let queue = Mutex::new(work.iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let done: Vec<Result<Vec<(usize, R)>>> = thread::scope(|scope| {
        let worker = || std::iter::from_fn(next).map(|(at, one)| Ok((at, each(*one)?))).collect();
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut done: Vec<(usize, R)> = done.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, one)| one).collect())
}
