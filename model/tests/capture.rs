//! Pastes as people make them, each read back into the answer that it was. All are typed for this test after the shape
//! that the named tool prints; figures are those of the Confluence rate limiting page of 2025-12-12 and of RFC 130.
#![cfg(feature = "full")]

use headroom_model::capture::{Capture, Form, read};
use headroom_model::operation::{Answer, Response};
use headroom_model::time::Instant;

/// A paste, what it is, its status, and its header fields in their order.
type Case<'a> = (&'a str, Form, u16, &'a [(&'a str, &'a str)]);

fn response(paste: &str) -> (Capture, Response) {
    let capture = read(paste.as_bytes()).unwrap_or_else(|error| panic!("{error}:\n{paste}"));
    let Answer::Response(response) = capture.answer.clone() else { panic!("no response but {capture:?}:\n{paste}") };
    (capture, response)
}

fn check(cases: &[Case<'_>]) {
    for (paste, form, status, wanted) in cases {
        let (capture, response) = response(paste);
        let got: Vec<_> = response.headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
        assert_eq!((capture.form, response.status, got.as_slice()), (*form, *status, *wanted), "{paste}");
    }
}

const QUOTA: &[(&str, &str)] = &[
    ("Retry-After", "1847"),
    ("X-RateLimit-Reset", "2025-10-08T15:00:00Z"),
    ("Date", "Wed, 08 Oct 2025 14:29:13 GMT"),
    ("X-RateLimit-Limit", "40000"),
];
const BURST: &[(&str, &str)] = &[("Retry-After", "5"), ("RateLimit-Reason", "jira-burst-based")];
const STRUCTURED: &[(&str, &str)] = &[
    ("RateLimit-Policy", "\"global-app-quota\";q=65000;w=3600"),
    ("RateLimit", "\"global-app-quota\";r=0;t=600"),
    ("Retry-After", "600"),
];

#[test]
fn what_curl_and_its_kin_print_is_read() {
    use Form::{Headers, Http};
    check(&[
        (
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nRateLimit-Reason: jira-burst-based\r\n\r\n{}",
            Http,
            429,
            BURST,
        ),
        ("HTTP/2 429 \nRetry-After: 5\nRateLimit-Reason: jira-burst-based\n", Http, 429, BURST),
        ("HTTP/3 429\rRetry-After: 5\rRateLimit-Reason: jira-burst-based\r\r", Http, 429, BURST),
        ("\u{FEFF}\nHTTP/1.0 503 Down\nRetry-After: 5\nRateLimit-Reason:jira-burst-based", Http, 503, BURST),
        // Indented, as in an issue; quoted, as in a mail.
        ("    HTTP/1.1 429\n    Retry-After: 5\n    RateLimit-Reason: jira-burst-based\n", Http, 429, BURST),
        ("> HTTP/1.1 429\n> Retry-After: 5\n> RateLimit-Reason: jira-burst-based\n", Http, 429, BURST),
        // A terminal with its prompt and its colours.
        (
            "dev@box:~$ curl -i https://acme.atlassian.net/rest/api/3/myself\n\u{1b}[1mHTTP/2 429\u{1b}[0m \n\
             \u{1b}[1mRetry-After\u{1b}[0m: 5\n\u{1b}[1mRateLimit-Reason\u{1b}[0m: jira-burst-based\n\n",
            Http,
            429,
            BURST,
        ),
        // `wget -S`
        (
            "--2025-10-08 14:29:13--  https://acme.atlassian.net/wiki/rest/api/space\nHTTP request sent, awaiting \
             response... \n  HTTP/1.1 429 Too Many Requests\n  Retry-After: 5\n  RateLimit-Reason: jira-burst-based\n",
            Http,
            429,
            BURST,
        ),
        // A value folded over two lines (RFC 9112 section 5.2), one that is empty, and a name that is none.
        (
            "HTTP/1.1 200 OK\nRateLimit-Policy: \"a\";q=65000;w=3600,\n  \"b\";q=100;w=1\nX-Empty:\nGröße: 1\n\n",
            Http,
            200,
            &[("RateLimit-Policy", "\"a\";q=65000;w=3600, \"b\";q=100;w=1"), ("X-Empty", "")],
        ),
        // Without the status line.
        ("Retry-After: 5\r\nRateLimit-Reason: jira-burst-based\r\n\r\n{\"code\":429}", Headers, 429, BURST),
    ]);
}

#[test]
fn of_several_heads_the_last_counts() {
    let heads = [
        "HTTP/1.1 200 Connection established\r\nProxy-Agent: p\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /there\r\nRetry-After: 1\r\n\r\n",
    ];
    for first in heads {
        let paste = format!("{first}HTTP/2 429\r\nRetry-After: 5\r\nRateLimit-Reason: jira-burst-based\r\n\r\nno");
        check(&[(&paste, Form::Http, 429, BURST)]);
        assert_eq!(response(&paste).1.body, b"no");
    }
}

#[test]
fn curl_v_shows_request_head_and_body() {
    let paste = "* Connected to acme.atlassian.net (203.0.113.7) port 443\n\
         > GET /wiki/api/v2/pages?limit=250 HTTP/2\n> Host: acme.atlassian.net\n> User-Agent: curl/8.5.0\n\
         > Accept: */*\n> \n* Request completely sent off\n< HTTP/2 429 \n< Retry-After: 5\n\
         < RateLimit-Reason: jira-burst-based\n< \n{ [46 bytes data]\n{\"message\":\n  \"slow down\"}\
         * Connection #0 to host acme.atlassian.net left intact\n";
    check(&[(paste, Form::Http, 429, BURST)]);
    let (capture, response) = response(paste);
    assert_eq!(String::from_utf8_lossy(&response.body), "{\"message\":\n  \"slow down\"}");
    let request = capture.request.unwrap();
    assert_eq!(request.method.as_deref(), Some("GET"));
    assert_eq!(request.url, "https://acme.atlassian.net/wiki/api/v2/pages?limit=250");
}

#[test]
fn headers_are_read_in_whatever_notation() {
    let cases = [
        // requests, httpx, urllib3, aiohttp and pprint in Python
        "{'Retry-After': '1847', 'X-RateLimit-Reset': '2025-10-08T15:00:00Z', 'Date': 'Wed, 08 Oct 2025 14:29:13 GMT', 'X-RateLimit-Limit': '40000'}",
        "CaseInsensitiveDict({'Retry-After': '1847', 'X-RateLimit-Reset': '2025-10-08T15:00:00Z', 'Date': 'Wed, 08 Oct 2025 14:29:13 GMT', 'X-RateLimit-Limit': '40000'})",
        "Headers([('Retry-After', '1847'), ('X-RateLimit-Reset', '2025-10-08T15:00:00Z'), ('Date', 'Wed, 08 Oct 2025 14:29:13 GMT'), ('X-RateLimit-Limit', '40000')])",
        "<CIMultiDictProxy('Retry-After': '1847', 'X-RateLimit-Reset': '2025-10-08T15:00:00Z', 'Date': 'Wed, 08 Oct 2025 14:29:13 GMT', 'X-RateLimit-Limit': '40000')>",
        "{'Retry-After': '1847',\n 'X-RateLimit-Reset': '2025-10-08T15:00:00Z',\n 'Date': 'Wed, 08 Oct 2025 14:29:13 GMT',\n 'X-RateLimit-Limit': '40000'}",
        // pairs without brackets, on one line or several, with quotes of a word processor
        "'Retry-After': '1847', 'X-RateLimit-Reset': '2025-10-08T15:00:00Z', 'Date': 'Wed, 08 Oct 2025 14:29:13 GMT', 'X-RateLimit-Limit': '40000'",
        "\"Retry-After\": \"1847\",\n\"X-RateLimit-Reset\": \"2025-10-08T15:00:00Z\",\n\"Date\": \"Wed, 08 Oct 2025 14:29:13 GMT\",\n\"X-RateLimit-Limit\": \"40000\",\n",
        "“Retry-After”: “1847”, “X-RateLimit-Reset”: “2025-10-08T15:00:00Z”, “Date”: “Wed, 08 Oct 2025 14:29:13 GMT”, “X-RateLimit-Limit”: “40000”",
        "Retry-After=1847; X-RateLimit-Reset=2025-10-08T15:00:00Z; Date=Wed, 08 Oct 2025 14:29:13 GMT; X-RateLimit-Limit=40000",
        "Retry-After: 1847, X-RateLimit-Reset: 2025-10-08T15:00:00Z, Date: Wed, 08 Oct 2025 14:29:13 GMT, X-RateLimit-Limit: 40000",
        // JSON, as an object, pairs and records
        r#"{"Retry-After": 1847, "X-RateLimit-Reset": "2025-10-08T15:00:00Z", "Date": ["Wed, 08 Oct 2025 14:29:13 GMT"], "X-RateLimit-Limit": "40000"}"#,
        r#"[{"name":"Retry-After","value":"1847"},{"name":"X-RateLimit-Reset","value":"2025-10-08T15:00:00Z"},{"name":"Date","value":"Wed, 08 Oct 2025 14:29:13 GMT"},{"name":"X-RateLimit-Limit","value":"40000"}]"#,
        // undici, node-fetch, Bun, a JavaScript object
        "Headers {\n  'Retry-After': '1847',\n  'X-RateLimit-Reset': '2025-10-08T15:00:00Z',\n  Date: 'Wed, 08 Oct 2025 14:29:13 GMT',\n  'X-RateLimit-Limit': '40000'\n}",
        "Headers {\n  [Symbol(map)]: [Object: null prototype] {\n    'Retry-After': [ '1847' ],\n    'X-RateLimit-Reset': [ '2025-10-08T15:00:00Z' ],\n    Date: [ 'Wed, 08 Oct 2025 14:29:13 GMT' ],\n    'X-RateLimit-Limit': [ '40000' ]\n  }\n}",
        "Headers {\n  \"Retry-After\": \"1847\",\n  \"X-RateLimit-Reset\": \"2025-10-08T15:00:00Z\",\n  \"Date\": \"Wed, 08 Oct 2025 14:29:13 GMT\",\n  \"X-RateLimit-Limit\": \"40000\",\n}",
        "response headers: { 'Retry-After': '1847', 'X-RateLimit-Reset': '2025-10-08T15:00:00Z', Date: 'Wed, 08 Oct 2025 14:29:13 GMT', 'X-RateLimit-Limit': 40000 }",
        "[\n  'Retry-After',\n  '1847',\n  'X-RateLimit-Reset',\n  '2025-10-08T15:00:00Z',\n  'Date',\n  'Wed, 08 Oct 2025 14:29:13 GMT',\n  'X-RateLimit-Limit',\n  '40000'\n]",
        // Java: HttpURLConnection, a plain map, Spring, Apache HttpClient and its wire log
        "{null=[HTTP/1.1 429 Too Many Requests], Retry-After=[1847], X-RateLimit-Reset=[2025-10-08T15:00:00Z], Date=[Wed, 08 Oct 2025 14:29:13 GMT], X-RateLimit-Limit=[40000]}",
        "{Retry-After=1847, X-RateLimit-Reset=2025-10-08T15:00:00Z, Date=Wed, 08 Oct 2025 14:29:13 GMT, X-RateLimit-Limit=40000}",
        "[Retry-After:\"1847\", X-RateLimit-Reset:\"2025-10-08T15:00:00Z\", Date:\"Wed, 08 Oct 2025 14:29:13 GMT\", X-RateLimit-Limit:\"40000\"]",
        "[Retry-After: 1847, X-RateLimit-Reset: 2025-10-08T15:00:00Z, Date: Wed, 08 Oct 2025 14:29:13 GMT, X-RateLimit-Limit: 40000]",
        // Go, Ruby, PHP, .NET
        "map[Retry-After:[1847] X-RateLimit-Reset:[2025-10-08T15:00:00Z] Date:[Wed, 08 Oct 2025 14:29:13 GMT] X-RateLimit-Limit:[40000]]",
        "{\"Retry-After\"=>[\"1847\"], \"X-RateLimit-Reset\"=>[\"2025-10-08T15:00:00Z\"], \"Date\"=>[\"Wed, 08 Oct 2025 14:29:13 GMT\"], \"X-RateLimit-Limit\"=>[\"40000\"]}",
        "[\n  'Retry-After' => ['1847'],\n  'X-RateLimit-Reset' => ['2025-10-08T15:00:00Z'],\n  'Date' => ['Wed, 08 Oct 2025 14:29:13 GMT'],\n  'X-RateLimit-Limit' => ['40000'],\n]",
        "StatusCode: 429, ReasonPhrase: 'Too Many Requests', Version: 1.1, Headers:\n{\n  Retry-After: 1847\n  X-RateLimit-Reset: 2025-10-08T15:00:00Z\n  Date: Wed, 08 Oct 2025 14:29:13 GMT\n  X-RateLimit-Limit: 40000\n}",
        // a log with a stamp on each line
        "2025-10-08T14:29:13.120Z DEBUG Retry-After: 1847\n2025-10-08T14:29:13.120Z DEBUG X-RateLimit-Reset: 2025-10-08T15:00:00Z\n2025-10-08T14:29:13.121Z DEBUG Date: Wed, 08 Oct 2025 14:29:13 GMT\n2025-10-08T14:29:13.121Z DEBUG X-RateLimit-Limit: 40000",
        // a browser that copies name and value as two lines
        "Retry-After\n1847\nX-RateLimit-Reset\n2025-10-08T15:00:00Z\nDate\nWed, 08 Oct 2025 14:29:13 GMT\nX-RateLimit-Limit\n40000",
        "Request URL\nhttps://acme.atlassian.net/wiki/api/v2/pages\nStatus Code:\n429 Too Many Requests\nRetry-After:\n1847\nX-RateLimit-Reset:\n2025-10-08T15:00:00Z\nDate:\nWed, 08 Oct 2025 14:29:13 GMT\nX-RateLimit-Limit:\n40000",
    ];
    check(&cases.map(|paste| (paste, Form::Headers, 429, QUOTA)));
}

#[test]
fn structured_fields_keep_their_quotes_and_parameters() {
    let cases = [
        "RateLimit-Policy: \"global-app-quota\";q=65000;w=3600\nRateLimit: \"global-app-quota\";r=0;t=600\nRetry-After: 600",
        "{'RateLimit-Policy': '\"global-app-quota\";q=65000;w=3600', 'RateLimit': '\"global-app-quota\";r=0;t=600', 'Retry-After': '600'}",
        r#"{"RateLimit-Policy":"\"global-app-quota\";q=65000;w=3600","RateLimit":"\"global-app-quota\";r=0;t=600","Retry-After":"600"}"#,
        "{RateLimit-Policy=[\"global-app-quota\";q=65000;w=3600], RateLimit=[\"global-app-quota\";r=0;t=600], Retry-After=[600]}",
        "map[RateLimit-Policy:[\"global-app-quota\";q=65000;w=3600] RateLimit:[\"global-app-quota\";r=0;t=600] Retry-After:[600]]",
        "{RateLimit-Policy=\"global-app-quota\";q=65000;w=3600, RateLimit=\"global-app-quota\";r=0;t=600, Retry-After=600}",
    ];
    check(&cases.map(|paste| (paste, Form::Headers, 429, STRUCTURED)));
}

#[test]
fn the_status_is_taken_from_where_it_stands() {
    use Form::{Headers, Http};
    let cases: [Case<'_>; 12] = [
        ("status: 503\nRetry-After: 5\nRateLimit-Reason: jira-burst-based", Headers, 503, BURST),
        (":status: 503\nRetry-After: 5\nRateLimit-Reason: jira-burst-based", Headers, 503, BURST),
        ("HTTP 503\nRetry-After: 5\nRateLimit-Reason: jira-burst-based", Headers, 503, BURST),
        (
            "Status Code: 503 Service Unavailable\nRetry-After: 5\nRateLimit-Reason: jira-burst-based",
            Headers,
            503,
            BURST,
        ),
        (
            "<-- 503 https://acme.atlassian.net/ (12ms)\nRetry-After: 5\nRateLimit-Reason: jira-burst-based",
            Headers,
            503,
            BURST,
        ),
        ("<Response [503]>\n{'Retry-After': '5', 'RateLimit-Reason': 'jira-burst-based'}", Headers, 503, BURST),
        ("503 {'Retry-After': '5', 'RateLimit-Reason': 'jira-burst-based'}", Headers, 503, BURST),
        (r#"{":status": 503, "Retry-After": "5", "RateLimit-Reason": "jira-burst-based"}"#, Headers, 503, BURST),
        (
            "reply: 'HTTP/1.1 503 Service Unavailable\\r\\n'\nheader: Retry-After: 5\nheader: RateLimit-Reason: jira-burst-based",
            Http,
            503,
            BURST,
        ),
        (
            "2025/10/08 14:29:13 [DEBUG] headers - http-outgoing-0 << HTTP/1.1 503 Service Unavailable\n\
             2025/10/08 14:29:13 [DEBUG] headers - http-outgoing-0 << Retry-After: 5\n\
             2025/10/08 14:29:13 [DEBUG] headers - http-outgoing-0 << RateLimit-Reason: jira-burst-based",
            Http,
            503,
            BURST,
        ),
        // No status: inferred.
        (
            "X-RateLimit-Remaining: 811\nContent-Type: text/html",
            Headers,
            200,
            &[("X-RateLimit-Remaining", "811"), ("Content-Type", "text/html")],
        ),
        // Data Center's success.
        (
            "X-RateLimit-FillRate: 2\nRetry-After: 0",
            Headers,
            200,
            &[("X-RateLimit-FillRate", "2"), ("Retry-After", "0")],
        ),
    ];
    check(&cases);
    let assumed: Vec<_> = cases.iter().map(|case| response(case.0).0.assumed_status).collect();
    assert_eq!(assumed, [vec![false; 10], vec![true; 2]].concat());
}

#[test]
fn a_browsers_panel_holds_request_and_response() {
    let paste = "Request URL: https://acme.atlassian.net/wiki/api/v2/pages?limit=250\nRequest Method: GET\n\
         Status Code: 429 Too Many Requests\nRemote Address: 203.0.113.7:443\nResponse Headers\nretry-after: 5\n\
         ratelimit-reason: jira-burst-based\nRequest Headers\n:authority: acme.atlassian.net\naccept: */*\nx-mine: 1\n";
    let wanted = &[("retry-after", "5"), ("ratelimit-reason", "jira-burst-based")];
    check(&[(paste, Form::Headers, 429, wanted)]);
    let request = response(paste).0.request.unwrap();
    assert_eq!(request.url, "https://acme.atlassian.net/wiki/api/v2/pages?limit=250");
    assert_eq!(request.method.as_deref(), Some("GET"));
}

fn har_entry(status: u16, seconds: u32) -> String {
    format!(
        r#"{{"startedDateTime":"2025-10-08T16:29:{seconds:02}.000+02:00","time":120.4,
        "request":{{"method":"GET","url":"https://acme.atlassian.net/wiki/rest/api/space","headers":[]}},
        "response":{{"status":{status},"statusText":"","headers":[{{"name":"Retry-After","value":"5"}},
        {{"name":"RateLimit-Reason","value":"jira-burst-based"}}],
        "content":{{"size":4,"mimeType":"text/plain","text":"c2xvdw==","encoding":"base64"}}}}}}"#
    )
}

#[test]
fn of_a_har_file_the_entry_that_tells_most_is_read() {
    let har = |entries: &[String]| format!(r#"{{"log":{{"version":"1.2","entries":[{}]}}}}"#, entries.join(","));
    for (paste, status, second) in [
        (har_entry(200, 7), 200, 7),
        (har(&[har_entry(429, 1), har_entry(429, 2), har_entry(503, 3), har_entry(200, 4)]), 429, 2),
        (har(&[har_entry(503, 1), har_entry(404, 2), har_entry(200, 3)]), 404, 2),
        (har(&[har_entry(200, 1), har_entry(304, 2)]), 304, 2),
    ] {
        check(&[(&paste, Form::Har, status, BURST)]);
        let (capture, response) = response(&paste);
        assert_eq!(response.body, b"slow");
        assert_eq!(capture.time, Instant::parse_iso(&format!("2025-10-08T14:29:{second:02}.120Z")));
        assert_eq!(capture.request.unwrap().url, "https://acme.atlassian.net/wiki/rest/api/space");
    }
}

#[test]
fn responses_and_errors_of_clients_are_read() {
    let cases = [
        // axios, as JSON and as Node prints it
        r#"{"message":"Request failed","name":"AxiosError","config":{"method":"get","url":"/wiki/rest/api/space","baseURL":"https://acme.atlassian.net"},"response":{"status":429,"headers":{"Retry-After":"5","RateLimit-Reason":"jira-burst-based"},"data":{"slow":true}}}"#,
        "AxiosError: Request failed with status code 429\n    at settle (file:///app/node_modules/axios/lib/core/settle.js:19:12)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5) {\n  code: 'ERR_BAD_REQUEST',\n  config: {\n    headers: Object [AxiosHeaders] { 'X-Mine': '1' },\n    method: 'get',\n    url: 'https://acme.atlassian.net/wiki/rest/api/space'\n  },\n  response: {\n    status: 429,\n    statusText: 'Too Many Requests',\n    headers: Object [AxiosHeaders] {\n      'Retry-After': '5',\n      'RateLimit-Reason': 'jira-burst-based'\n    },\n    data: { slow: true }\n  }\n}",
        // got
        r#"{"name":"HTTPError","request":{"method":"GET","url":"https://acme.atlassian.net/wiki/rest/api/space"},"response":{"statusCode":429,"headers":{"Retry-After":["5"],"RateLimit-Reason":"jira-burst-based"},"body":"{\"slow\":true}"}}"#,
        // a plain record
        r#"{"status":"429","method":"get","url":"https://acme.atlassian.net/wiki/rest/api/space","headers":[["Retry-After","5"],["RateLimit-Reason","jira-burst-based"]],"body":{"slow":true}}"#,
    ];
    check(&cases.map(|paste| (paste, Form::ResponseObject, 429, BURST)));
    for paste in cases {
        let (capture, response) = response(paste);
        assert_eq!(String::from_utf8_lossy(&response.body), r#"{"slow":true}"#, "{paste}");
        let request = capture.request.unwrap_or_else(|| panic!("no request: {paste}"));
        assert_eq!(request.method.as_deref(), Some("GET"), "{paste}");
        assert_eq!(request.url, "https://acme.atlassian.net/wiki/rest/api/space", "{paste}");
    }
    // fetch in Node tells neither method nor body.
    let fetched = "Response {\n  status: 429,\n  statusText: 'Too Many Requests',\n  headers: Headers {\n    \
         'Retry-After': '5',\n    'RateLimit-Reason': 'jira-burst-based'\n  },\n  body: ReadableStream { locked: false },\n  \
         ok: false,\n  url: 'https://acme.atlassian.net/rest/api/3/myself'\n}";
    check(&[(fetched, Form::ResponseObject, 429, BURST)]);
    let request = response(fetched).0.request.unwrap();
    assert_eq!((request.method, &*request.url), (None, "https://acme.atlassian.net/rest/api/3/myself"));
}

#[test]
fn forge_errors_are_rejections_and_values_are_not() {
    let fields = r#"{"rateLimitValue":300,"rateLimitRemaining":0,"rateLimitReset":1776160800000}"#;
    for (paste, is_rejected) in [
        (format!(r#"{{"status":429,"rateLimitProperties":{fields}}}"#), true),
        (format!(r#"{{"error":{{"status":429,"metadata":{{"rateLimitProperties":{fields}}}}}}}"#), true),
        (format!(r#"{{"message":"x","stack":"Error: x\n at y","metadata":{{"rateLimitProperties":{fields}}}}}"#), true),
        (format!(r#"{{"statusCode":429,"limitHeaders":{fields}}}"#), true),
        (r#"{"name":"InvocationError","message":"There was an error"}"#.to_owned(), true),
        ("InvocationError: There was an error\n    at invoke (bundle.js:1:2) {\n  status: 429,\n  rateLimitProperties: {\n    rateLimitValue: 300,\n    rateLimitRemaining: 0\n  }\n}".to_owned(), true),
        (format!(r#"{{"body":{{"a":1}},"metadata":{{"rateLimitProperties":{fields}}}}}"#), false),
    ] {
        let capture = read(paste.as_bytes()).unwrap_or_else(|error| panic!("{error}: {paste}"));
        assert_eq!(capture.form, Form::Invocation, "{paste}");
        assert_eq!(matches!(&capture.answer, Answer::Rejected(_)), is_rejected, "{paste}");
        let (Answer::Rejected(json) | Answer::Resolved(json)) = &capture.answer else { panic!("{paste}") };
        assert_eq!(json.contains("rateLimitRemaining\":0"), paste.contains("rateLimitRemaining"), "{json}");
    }
}

#[test]
fn graphql_answers_are_bodies_of_a_200() {
    for paste in [
        r#"{"errors":[{"message":"Rate limited","extensions":{"statusCode":429}}],"data":null}"#,
        r#"{"data":{"me":{"id":"1"}},"extensions":{"cost":{"points":3}}}"#,
    ] {
        check(&[(paste, Form::GraphQl, 200, &[("Content-Type", "application/json")])]);
        assert!(response(paste).1.body.starts_with(b"{\"data\""), "{paste}");
    }
}
