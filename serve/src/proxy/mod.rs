//! In front of a real server: what passes is metered, and a rule says what it would have said.
//!
//! | module | holds |
//! | --- | --- |
//! | `upstream` | the one server that is asked: its address, TLS, what its failures are called |
//! | `fields` | header fields that end at each hop, and `Beta-` fields that are added |
//! | `pass` | one request on its way |
//! | `meter` | what the rule says to it, and what it cost |
//! | `tee` | bodies that pass, watched for silence, and copied as long as they are short |
//! | `unpack` | a copy without its compression |
//!
//! Method, target, fields and bodies go on as they came, `Host` apart, which is the upstream's. Nothing is sent to
//! anybody else: redirects go back to the client. Faults of the rule's file are not played.

mod fields;
mod meter;
mod pass;
mod tee;
mod unpack;
mod upstream;

use crate::bounds::Bounds;
use crate::config::Config;
use crate::desk::Desk;
use crate::http::{Broken, Came, Service};
use crate::{Running, StartError, listen};
use hyper::Response;
use std::str::FromStr;
use std::sync::Arc;
use tee::Copies;
use upstream::Upstream;

/// What the proxy does with what its rule refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Passes it on, counts it, and says so in `Beta-` fields.
    #[default]
    Shadow,
    /// Refuses it, and does not ask upstream.
    Enforce,
}

/// Reads `shadow` and `enforce`.
impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "shadow" => Ok(Self::Shadow),
            "enforce" => Ok(Self::Enforce),
            _ => Err(format!("`{}` is no mode: use `shadow` or `enforce`", text.escape_debug())),
        }
    }
}

/// What a proxy is started with.
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    /// Where it listens, which rule it applies, and who is who. A tenant that nothing else names is the upstream's site.
    pub serve: Config,
    /// The server behind it, as `https://acme.atlassian.net`: `http` or `https`, without a path.
    pub upstream: String,
    /// What it does with what the rule refuses.
    pub mode: Mode,
    /// The only certificate authorities to trust, as PEM; none: those of this machine.
    pub roots: Option<String>,
}

/// A proxy that meters.
#[derive(Debug)]
pub struct Proxy {
    desk: Arc<Desk>,
    upstream: Upstream,
    mode: Mode,
    copies: Copies,
}

impl Proxy {
    /// Listens, on threads of its own. What [`Running::stop`] returns has what the rule would have refused.
    ///
    /// # Errors
    /// If the upstream is no address, no certificate authority is known for it, or as [`crate::Server::start`].
    pub fn start(config: ProxyConfig) -> Result<Running, StartError> {
        let ProxyConfig { serve, upstream, mode, roots } = config;
        let upstream = Upstream::new(&upstream, roots.as_deref()).map_err(StartError)?;
        let desk = Arc::new(Desk::new(Config { faults: Vec::new(), ..serve }));
        listen(Arc::new(Self { desk: desk.clone(), upstream, mode, copies: Copies::default() }), desk)
    }
}

impl Service for Proxy {
    type Body = tee::Passing;

    const KEEPS_CASE: bool = true;

    fn bounds(&self) -> &Bounds {
        &self.desk.config.bounds
    }

    async fn answer(self: Arc<Self>, came: Came) -> Result<Response<tee::Passing>, Broken> {
        Ok(pass::pass(&self, came).await)
    }
}
