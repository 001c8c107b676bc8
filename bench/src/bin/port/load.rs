//! A load generator: so many connections that are kept alive, on one thread, with latencies in microseconds.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The GET that all servers are measured by.
pub const PATH: &str = "/wiki/api/v2/pages/100000";

/// What is sent, and how.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub addr: SocketAddr,
    pub connections: usize,
    pub time: Duration,
    /// So many requests in each second, whatever comes of them; without it each connection sends when it has an answer.
    pub per_second: Option<f64>,
    /// From how many tenants, one after the other.
    pub tenants: Option<u64>,
}

/// What came of it.
#[derive(Debug)]
pub struct Measured {
    pub answers: u64,
    /// Those that were no 200.
    pub others: u64,
    pub secs: f64,
    micros: Histogram<u64>,
}

impl Measured {
    pub fn per_second(&self) -> f64 {
        self.answers as f64 / self.secs
    }

    /// At a quantile, in milliseconds.
    pub fn ms(&self, quantile: f64) -> f64 {
        self.micros.value_at_quantile(quantile) as f64 / 1_000.0
    }
}

/// Sends a load and waits for its end.
pub fn run(load: Load) -> Result<Measured> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let began = Instant::now();
        let mut all = JoinSet::new();
        for number in 0..load.connections {
            all.spawn(connection(load, number, began));
        }
        let mut sum = Measured { answers: 0, others: 0, secs: 0.0, micros: histogram()? };
        while let Some(one) = all.join_next().await {
            let one = one??;
            sum.answers += one.answers;
            sum.others += one.others;
            sum.micros.add(one.micros)?;
        }
        sum.secs = began.elapsed().as_secs_f64();
        ensure!(sum.answers > 0, "nothing was answered in {:?}", load.time);
        Ok(sum)
    })
}

async fn connection(load: Load, number: usize, began: Instant) -> Result<Measured> {
    let Load { addr, connections, time, per_second, tenants } = load;
    let stream = TcpStream::connect(addr).await.context("nobody listens")?;
    stream.set_nodelay(true)?;
    let (mut sender, driver) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(driver);
    let mut measured = Measured { answers: 0, others: 0, secs: 0.0, micros: histogram()? };
    let every = per_second.map(|rate| Duration::from_secs_f64(connections as f64 / rate));
    for turn in 0_u32.. {
        // Counted from when it was to be sent: a server that is late is not let off what queues behind it.
        let due = every.map_or_else(Instant::now, |every| {
            began + every * turn + every.mul_f64(number as f64 / connections as f64)
        });
        if due.duration_since(began) >= time {
            break;
        }
        // A timer is no finer than a millisecond, so who does not have to wait does not ask it.
        if every.is_some() {
            tokio::time::sleep_until(due.into()).await;
        }
        let tenant = tenants.map(|tenants| (u64::from(turn) * connections as u64 + number as u64) % tenants);
        let status = ask(&mut sender, tenant).await?;
        measured.answers += 1;
        measured.others += u64::from(status != StatusCode::OK);
        let micros = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
        measured.micros.saturating_record(micros);
    }
    Ok(measured)
}

/// One request with its whole answer.
pub async fn ask(sender: &mut SendRequest<Empty<Bytes>>, tenant: Option<u64>) -> Result<StatusCode> {
    sender.ready().await?;
    let mut request = Request::get(PATH).header("host", "localhost").header("authorization", "Bearer any");
    if let Some(tenant) = tenant {
        request = request.header("x-headroom-tenant", format!("6fb21d8e-0a5c-4c37-9d11-{tenant:012x}"));
    }
    let response = sender.send_request(request.body(Empty::new())?).await?;
    let status = response.status();
    response.into_body().collect().await?;
    Ok(status)
}

/// Up to a minute, to three digits.
fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}
