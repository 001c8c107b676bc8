//! Every step a person can run in this repository: `cargo xtask <verb>`.
//!
//! | module | role |
//! | --- | --- |
//! | `verbs` | the list of verbs with their help, and finding the one that was asked for |
//! | `layout` | where things lie: the workspace, its target folder, what we put there |
//! | `process` | running other programs and saying which one failed |
//! | `bootstrap` | a toolchain that can compile for `wasm32-unknown-unknown`, wherever it comes from |
//! | `debian`, `apt`, `download`, `probe` | the third source: Debian's Rust, unpacked below `target/` |
//! | `toolchain` | what the guest's build has to be told so that it uses that toolchain |
//! | `guest` | the components |
//! | `js` | the npm package |
//! | `demo` | both scenarios with a sentence each |
//! | `python` | a Python with packages of its own |
//! | `served`, `openapi` | `headroom serve` beside us; its control, tried with what its document allows and forbids |
//! | `examples` | the programs in other languages of `docs/serve.md` |
//! | `browser`, `live` | a look at the HTML pages and at the live page, light and dark |
//! | `clients` | real clients against the server, and what is said of them |
//! | `peers` | published clients beside ours in virtual time |
//! | `check`, `tally` | every test, and the sum over all runners |

mod apt;
mod bootstrap;
mod browser;
mod check;
mod clients;
mod debian;
mod demo;
mod download;
mod examples;
mod guest;
mod js;
mod layout;
mod live;
mod openapi;
mod peers;
mod probe;
mod process;
mod python;
mod served;
mod tally;
mod toolchain;
mod verbs;

use std::process::ExitCode;

use layout::Layout;
use verbs::Request;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    match verbs::parse(&arguments) {
        Ok(Request::Help(text)) => {
            process::print(text.trim_end());
            ExitCode::SUCCESS
        }
        Ok(Request::Run(verb)) => match Layout::find().and_then(|layout| (verb.run)(&layout)) {
            Ok(code) => code,
            Err(error) => {
                process::say(&format!("error: {error:#}"));
                ExitCode::FAILURE
            }
        },
        Err(message) => {
            process::say(&format!("error: {message}"));
            ExitCode::from(2)
        }
    }
}
