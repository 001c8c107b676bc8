//! Published clients beside ours, in the simulator's virtual time: writes `docs/peers.md` and its chart.
//!
//! ```text
//! peers                               runs everything and writes the documents (`cargo xtask peers`)
//! peers again CLIENT ... | heads      runs these clients again, or the heads alone, and takes all else from the last time
//! peers again SCENARIO ...            the same for all clients in these scenarios
//! peers document                      writes the documents from the last time
//! peers run SCENARIO CLIENT SETTING   one run by hand; its trace goes to standard error
//! peers small                         scaled-down runs; fails where a claim does not hold
//! peers check                         fails where the document is older than what it shows
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | `course` | a run whose client has a control flow of its own |
//! | `child`, `crates` | clients in JavaScript and in Rust |
//! | `run`, `row`, `torture` | one run, and what is said of it |
//! | `all` | every run, on all cores |
//! | `document`, `chart`, `source` | what is written, and what it shows of the sources |
//! | `small` | what must hold whatever the figures are |

mod all;
mod chart;
mod child;
mod course;
mod crates;
mod document;
mod row;
mod run;
mod small;
mod source;
mod torture;

use anyhow::{Result, anyhow, bail};

fn main() -> Result<()> {
    // Cargo builds one reqwest for all programs, and that of `headroom call` leaves the cryptography to its user.
    let provider = rustls::crypto::ring::default_provider();
    provider.install_default().map_err(|_| anyhow!("another provider of cryptography is there"))?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => document::write(&all::run()?),
        ["again", ref names @ ..] => document::write(&all::again(names)?),
        ["document"] => document::write(&all::kept()?),
        ["small", ref which @ ..] => small::check(which),
        ["check"] => document::check(),
        ["run", scenario, client, setting] => {
            let outcome = run::run(&run::scenario(scenario)?, client, setting, Some(Box::new(std::io::stderr())))?;
            println!("{:#?}", row::Row::new(scenario, client, setting, outcome));
            Ok(())
        }
        _ => bail!("nothing like that can be done: name `run`, `small`, `check`, or nothing for everything"),
    }
}
