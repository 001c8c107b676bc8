//! The simulated Atlassian behind a real HTTP port: point your real app at it.
//!
//! | module | holds |
//! | --- | --- |
//! | `config`, `bounds`, `identity` | what a server is started with; what its port is held to; whose request it is |
//! | `clock` | real time, faster, or moved by hand |
//! | `http` | the port: connections, their bounds, how they end |
//! | `door` | which door a path leads to |
//! | `desk`, `state` | one request after the other; what changes from one to the next |
//! | `content` | what the products answer |
//! | `ledger`, `roll` | what happened; whom it happened to |
//! | `control`, `metrics` | `/_headroom/` with its page and its OpenAPI document, and `/metrics` |
//! | `proxy` | the same limits in front of a real server |
//!
//! Who is refused, when and in which words is [`headroom_sim::server`]'s business: the same limits as in the simulator,
//! on a clock of your choice. Each app has limits of its own; the copies of an app share them. A call counts as early
//! from the moment its refusal is written, so one that crosses the refusal on its way is early too.
//!
//! ```
//! use headroom_serve::{Config, Pace, Server};
//!
//! let config = Config { pace: Pace::Manual, ..Config::default() };
//! let running = Server::start(config)?;
//! let page = format!("{}/wiki/api/v2/pages/100000", running.url());
//! let mut response = ureq::get(page).header("Authorization", "Bearer any").call()?;
//! assert!(response.body_mut().read_to_string()?.contains("\"title\":\"Page 1\""));
//! assert_eq!(running.stop().points, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bounds;
mod clock;
mod config;
mod content;
mod control;
mod desk;
mod door;
mod http;
mod identity;
mod ledger;
mod metrics;
mod proxy;
mod roll;
mod state;

pub use bounds::Bounds;
pub use clock::Pace;
pub use config::Config;
pub use identity::{HostSpec, IdentitySpec, TokenSpec};
pub use ledger::{Coming, Summary};
pub use proxy::{Mode, Proxy, ProxyConfig};

use desk::Desk;
use http::Service;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// A simulated Atlassian with a port.
#[derive(Debug)]
pub struct Server;

/// A server that listens. It stops when it is dropped.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    desk: Arc<Desk>,
    stop: watch::Sender<bool>,
    /// Behind a lock only so that a server can be looked at from several threads.
    ended: Mutex<mpsc::Receiver<()>>,
    runtime: Option<Runtime>,
}

/// Why a server did not start: one lowercase line with the offending value and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError(String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// So much longer than open requests are given, until nobody waits for the port to close.
const STOP_SLACK: Duration = Duration::from_secs(5);

impl Server {
    /// Listens, on threads of its own.
    ///
    /// # Errors
    /// If the address cannot be had, or is not this machine's own and no control token is set.
    pub fn start(config: Config) -> Result<Running, StartError> {
        let desk = Arc::new(Desk::new(config));
        listen(desk.clone(), desk)
    }
}

/// Lets a service answer at its desk's address, on threads of its own.
fn listen<S: Service>(service: Arc<S>, desk: Arc<Desk>) -> Result<Running, StartError> {
    let config = &desk.config;
    let address = config.address;
    if !address.ip().is_loopback() && config.control_token.as_ref().is_none_or(String::is_empty) {
        return Err(StartError(format!(
            "`{address}` can be reached by others: set a control token, or listen on `127.0.0.1`"
        )));
    }
    let listener = bind(address).map_err(|error| StartError(refused(address, &error)))?;
    let failed = |error: io::Error| StartError(format!("cannot serve on `{address}`: {error}; try again"));
    let addr = listener.local_addr().map_err(failed)?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(failed)?;
    let (stop, stopped) = watch::channel(false);
    let (end, ended) = mpsc::channel();
    let entered = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
    drop(entered);
    runtime.spawn(async move {
        http::serve(listener, service, stopped).await;
        // Whoever waits for it may be gone.
        let _ = end.send(());
    });
    Ok(Running { addr, desk, stop, ended: Mutex::new(ended), runtime: Some(runtime) })
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The same as the beginning of an address, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Finishes open requests, at most for some seconds, and tells what happened.
    #[must_use]
    pub fn stop(mut self) -> Summary {
        self.end();
        self.desk.state().ledger.summary.clone()
    }

    /// Serves until Ctrl-C or SIGTERM, then stops as [`Running::stop`] does. `tell` is given the address once both are
    /// heard: who is told it may send one at once.
    ///
    /// # Errors
    /// If the system does not tell of signals, and those of `tell`.
    pub fn until_interrupted(self, tell: impl FnOnce(&str) -> io::Result<()>) -> io::Result<Summary> {
        if let Some(runtime) = &self.runtime {
            runtime.block_on(interrupted(|| tell(&self.url())))?;
        }
        Ok(self.stop())
    }

    fn end(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        self.stop.send_replace(true);
        let stop_time = self.desk.config.bounds.stop_time + STOP_SLACK;
        // It ends within this time by itself; if not, its threads end with the process.
        let _ = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner).recv_timeout(stop_time);
        runtime.shutdown_background();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn refused(address: SocketAddr, error: &io::Error) -> String {
    let (why, next) = match error.kind() {
        io::ErrorKind::AddrInUse => ("the port is in use".to_owned(), "name another one, or 0 for any that is free"),
        io::ErrorKind::PermissionDenied => ("you may not use this port".to_owned(), "name one from 1024 on"),
        io::ErrorKind::AddrNotAvailable => ("this machine has no such address".to_owned(), "name another one"),
        _ => (error.to_string().to_lowercase(), "name another one"),
    };
    format!("cannot listen on `{address}`: {why}; {next}")
}

#[cfg(unix)]
async fn interrupted(heard: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut pressed, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    heard()?;
    tokio::select! {
        _ = pressed.recv() => {}
        _ = terminated.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn interrupted(heard: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    heard()?;
    tokio::signal::ctrl_c().await
}
