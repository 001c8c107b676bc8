//! One response head, from its bytes to what it says of limits. `cargo bench -p headroom-bench --bench head`.
//!
//! The bound is 2 µs natively for reading a head; `httparse` alone stands beside it, so that a slow machine shows.

use criterion::{Criterion, criterion_group, criterion_main};
use headroom_model::headers::Signals;
use headroom_model::operation::{Answer, Header, Response};
use headroom_model::refusal;
use std::hint::black_box;

/// Both dialects, enforced and beta, among what a product sends anyway.
const HEAD: &str = "HTTP/1.1 429 Too Many Requests\r\n\
    Date: Thu, 05 Mar 2026 14:50:00 GMT\r\n\
    Content-Type: application/json;charset=UTF-8\r\n\
    Server: AtlassianEdge\r\n\
    Cache-Control: no-cache, no-store, no-transform\r\n\
    Vary: Accept-Encoding\r\n\
    Retry-After: 600\r\n\
    X-RateLimit-Limit: 350\r\n\
    X-RateLimit-Remaining: 349\r\n\
    X-RateLimit-Reset: 2026-03-05T15:00Z\r\n\
    X-RateLimit-NearLimit: true\r\n\
    RateLimit-Reason: jira-quota-tenant-based\r\n\
    RateLimit-Policy: \"tenant-app-quota\";q=100100;w=3600, \"jira-burst-based\";q=100;w=1\r\n\
    RateLimit: \"tenant-app-quota\";r=0;t=600\r\n\
    X-Content-Type-Options: nosniff\r\n\
    X-XSS-Protection: 1; mode=block\r\n\
    Atl-Traceid: 00000000000000000000000000000000\r\n\
    Strict-Transport-Security: max-age=63072000; includeSubDomains; preload\r\n\
    \r\n";

/// As the documentation of 2025-12-12 prints it, with a date.
const SHORT: &str = "HTTP/1.1 429 Too Many Requests\r\n\
    Date: Wed, 08 Oct 2025 14:29:13 GMT\r\n\
    Retry-After: 1847\r\n\
    X-RateLimit-Limit: 40000\r\n\
    X-RateLimit-Remaining: 0\r\n\
    X-RateLimit-Reset: 2025-10-08T15:00:00Z\r\n\
    RateLimit-Reason: confluence-quota-global-based\r\n\
    \r\n";

fn parsed(head: &str) -> Vec<Header> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut fields);
    response.parse(head.as_bytes()).expect("a response head");
    let text = |value| String::from_utf8_lossy(value).into_owned();
    response.headers.iter().map(|field| Header::new(field.name, text(field.value))).collect()
}

fn heads(criterion: &mut Criterion) {
    for (name, head) in [("short", SHORT), ("full", HEAD)] {
        let mut group = criterion.benchmark_group(name);
        let headers = parsed(head);
        let answer = Answer::Response(Response { status: 429, headers: headers.clone(), body: Vec::new() });
        group.bench_function("httparse alone", |bencher| {
            bencher.iter(|| {
                let mut fields = [httparse::EMPTY_HEADER; 32];
                httparse::Response::new(&mut fields).parse(black_box(head.as_bytes()))
            });
        });
        group.bench_function("signals", |bencher| bencher.iter(|| Signals::read(black_box(&headers))));
        group.bench_function("refusal", |bencher| bencher.iter(|| refusal::read(black_box(&answer))));
        group.finish();
    }
}

criterion_group!(benches, heads);
criterion_main!(benches);
