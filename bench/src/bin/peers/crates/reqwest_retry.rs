//! reqwest-retry: a middleware of reqwest. The last middleware sends, so reqwest itself opens no connection.

use super::{Client, Server};
use futures::FutureExt;
use headroom_model::operation::{Header, Request};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result};
use reqwest_retry::policies::ExponentialBackoff;
use reqwest_retry::{Jitter, RetryTransientMiddleware};
use std::time::Duration;

/// Sends.
struct Transport(Server);

#[async_trait::async_trait]
impl Middleware for Transport {
    async fn handle(
        &self,
        request: reqwest::Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> Result<reqwest::Response> {
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| Header::new(name.as_str(), value.to_str().unwrap_or_default()));
        let method = request.method().to_string();
        let call = Request { method, headers: headers.collect(), ..Request::get("docs", request.url().path()) };
        let response = self.0.send(&call).await;
        let mut answer = http::Response::builder().status(response.status);
        for Header { name, value } in response.headers {
            answer = answer.header(name, value);
        }
        let answer = answer.body(response.body).map_err(anyhow::Error::from)?;
        Ok(answer.into())
    }
}

fn client(client: ClientWithMiddleware) -> Client {
    Box::new(move |call: Request| {
        let method = if call.method == "GET" { reqwest::Method::GET } else { reqwest::Method::POST };
        let mut request = client.request(method, format!("https://docs.atlassian.net{}", call.path));
        for header in call.headers {
            request = request.header(header.name, header.value);
        }
        async move { request.send().await.is_ok_and(|response| response.status().is_success()) }.boxed_local()
    })
}

pub fn raw(server: Server, _nodes: u32) -> Client {
    let transport = Transport(server);
    // begin raw
    let retry_policy = ExponentialBackoff::builder().build_with_max_retries(3);
    client(
        ClientBuilder::new(reqwest::Client::new())
            .with(RetryTransientMiddleware::new_with_policy(retry_policy))
            .with(transport)
            .build(),
    )
    // end raw
}

pub fn best(server: Server, _nodes: u32) -> Client {
    let transport = Transport(server);
    // begin best
    // It does not read `Retry-After`; its longest waits have to reach over an hour.
    let retry_policy = ExponentialBackoff::builder()
        .retry_bounds(Duration::from_secs(1), Duration::from_secs(600))
        .jitter(Jitter::Bounded)
        .base(2)
        .build_with_max_retries(100);
    client(
        ClientBuilder::new(reqwest::Client::new())
            .with(RetryTransientMiddleware::new_with_policy(retry_policy))
            .with(transport)
            .build(),
    )
    // end best
}

pub fn invoked(server: Server, _nodes: u32) -> Client {
    let transport = Transport(server);
    // begin invoked
    // It does not read when the window ends.
    let retry_policy = ExponentialBackoff::builder()
        .retry_bounds(Duration::from_secs(1), Duration::from_secs(10))
        .jitter(Jitter::Full)
        .base(2)
        .build_with_max_retries(100);
    client(
        ClientBuilder::new(reqwest::Client::new())
            .with(RetryTransientMiddleware::new_with_policy(retry_policy))
            .with(transport)
            .build(),
    )
    // end invoked
}
