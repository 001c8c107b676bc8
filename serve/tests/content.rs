//! What the products answer: every object once, and what is written is read.

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{Answer, Client};

const PLENTY: &str = "quota = { points = 10_000_000 }";

/// A list, the field of its objects, what names each, and how many there are.
const LISTS: [(&str, &str, &str, usize); 9] = [
    ("/wiki/rest/api/content?", "results", "id", 1_000),
    ("/wiki/rest/api/content?spaceKey=S4&", "results", "id", 100),
    ("/wiki/api/v2/pages?", "results", "id", 1_000),
    ("/wiki/api/v2/spaces/3/pages?", "results", "id", 100),
    ("/wiki/api/v2/attachments?", "results", "id", 1_000),
    ("/rest/api/2/search?jql=project%3DP2&", "issues", "key", 200),
    ("/rest/api/3/search/jql?jql=project%3DP2&", "issues", "key", 200),
    ("/rest/api/3/project/search?", "values", "key", 5),
    ("/2.0/repositories/team?", "values", "slug", 20),
];

/// Where the next page is, as the API of the path tells it.
fn next(path: &str, answer: &Answer) -> Option<String> {
    let body = answer.json();
    if path.starts_with("/wiki/api/v2") {
        let link = body["_links"]["next"].as_str().map(str::to_owned);
        let header =
            answer.header("Link").map(|link| link.trim_start_matches('<').split('>').next().unwrap().to_owned());
        assert_eq!(link, header);
        return link;
    }
    if path.starts_with("/wiki") {
        return Some(["/wiki", body["_links"]["next"].as_str()?].concat());
    }
    if let Some(next) = body["next"].as_str() {
        return Some(next.to_owned());
    }
    let base = path.split("&startAt").next().unwrap().split("&nextPageToken").next().unwrap();
    if let Some(token) = body["nextPageToken"].as_str() {
        return Some(format!("{base}&nextPageToken={token}"));
    }
    let size = body["issues"].as_array().or(body["values"].as_array())?.len() as u64;
    (body["isLast"] == false).then(|| format!("{base}&startAt={}", body["startAt"].as_u64().unwrap() + size))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn pages_of_any_size_hold_every_object_once(list in 0..LISTS.len(), size in 40_u64..400) {
        let client = Client::new(PLENTY);
        let (path, field, name, count) = LISTS[list];
        let (mut seen, mut pages) = (BTreeSet::new(), 0);
        let mut path = Some(format!("{path}limit={size}&maxResults={size}&pagelen={}", size / 40));
        while let Some(at) = path {
            let answer = client.get(&at);
            prop_assert_eq!(answer.status, 200, "{}", answer.body);
            for object in answer.json()[field].as_array().unwrap() {
                prop_assert!(seen.insert(object[name].as_str().unwrap().to_owned()), "{} twice", object[name]);
            }
            pages += 1;
            prop_assert!(pages <= 30, "no end");
            path = next(&at, &answer);
        }
        prop_assert_eq!(seen.len(), count);
    }
}

#[test]
fn a_page_that_is_written_is_read_found_changed_labelled_and_deleted() {
    let client = Client::new(PLENTY);
    let new =
        json!({ "spaceId": "2", "title": "Fresh news", "body": { "representation": "storage", "value": "<p>x</p>" } });
    let made = client.post("/wiki/api/v2/pages", &new).json();
    let id = made["id"].as_str().unwrap();
    let v1 = client.get(&format!("/wiki/rest/api/content/{id}")).json();
    assert_eq!(
        (&v1["title"], &v1["space"]["key"], &v1["version"]["number"]),
        (&"Fresh news".into(), &"S2".into(), &1.into())
    );
    let found = client.get("/wiki/rest/api/content/search?cql=title~%22fresh%22").json();
    assert_eq!(found["results"][0]["id"], id);

    let path = format!("/wiki/rest/api/content/{id}");
    let put = |number: u64| {
        client.send("PUT", &path, &[], Some(&json!({ "title": "Old", "version": { "number": number } }).to_string()))
    };
    assert_eq!((put(3).status, put(2).status, put(2).status), (409, 200, 409));
    let labels = client.post(&format!("{path}/label"), &json!([{ "prefix": "global", "name": "new" }])).json();
    assert_eq!(labels["results"][0]["name"], "new");
    let listed = client.get(&format!("/wiki/api/v2/pages/{id}/labels")).json();
    assert_eq!(listed["results"].as_array().map(Vec::len), Some(1));

    let elsewhere = client.send("GET", &path, &[("X-Headroom-Tenant", "other")], None);
    assert_eq!(elsewhere.status, 404, "what one tenant writes, another does not see");
    assert_eq!(client.send("DELETE", &path, &[], None).status, 204);
    assert_eq!(client.get(&path).status, 404);
}

#[test]
fn issues_comments_and_pipelines_are_written_and_read() {
    let client = Client::new(PLENTY);
    let fields = json!({ "project": { "key": "P2" }, "summary": "Broken", "description": "How" });
    let made = client.post("/rest/api/2/issue", &json!({ "fields": fields }));
    assert_eq!(made.status, 201);
    let key = made.json()["key"].as_str().unwrap().to_owned();
    let read =
        |version| client.get(&format!("/rest/api/{version}/issue/{key}")).json()["fields"]["description"].clone();
    assert_eq!((read(2), read(3)["type"].clone()), (Value::from("How"), Value::from("doc")));
    let found = client.post("/rest/api/3/search/jql", &json!({ "jql": "summary ~ \"broken\" ORDER BY key" })).json();
    assert_eq!((&found["issues"][0]["key"], &found["isLast"]), (&key.as_str().into(), &true.into()));
    assert_eq!(client.post(&format!("/rest/api/2/issue/{key}/comment"), &json!({ "body": "Me too" })).status, 201);
    assert_eq!(client.get(&format!("/rest/api/2/issue/{key}/comment")).json()["comments"][0]["body"], "Me too");

    let pipelines = "/2.0/repositories/team/repository-3/pipelines/";
    let before = client.get(pipelines).json()["size"].as_u64().unwrap();
    assert_eq!(client.post(pipelines, &json!({})).status, 201);
    assert_eq!(client.get(pipelines).json()["size"].as_u64(), Some(before + 1));
}

#[test]
fn every_product_says_in_its_own_format_what_it_does_not_have() {
    let client = Client::new(PLENTY);
    let missing = |path: &str| {
        let answer = client.get(path);
        assert_eq!((answer.status, &client.last()["points"]), (404, &1.into()), "{path}");
        answer.json()
    };
    assert_eq!(missing("/wiki/rest/api/nothing")["statusCode"], 404);
    assert_eq!(missing("/wiki/api/v2/pages/1")["errors"][0]["code"], "NOT_FOUND");
    assert!(missing("/rest/api/3/issue/P9-1")["errorMessages"][0].is_string());
    assert_eq!(missing("/2.0/nothing")["type"], "error");
    assert_eq!(client.get("/rest/api/3/search?jql=a+in+(1)").status, 400);
    let nowhere = client.get("/index.html");
    assert_eq!((nowhere.status, &client.last()["points"]), (404, &0.into()), "no product, no price");
}

#[test]
fn an_attachment_has_its_bytes_and_oauth_paths_lead_to_the_same_place() {
    let client = Client::new(PLENTY);
    let file = client.get("/wiki/api/v2/pages/100004/attachments").json()["results"][0].clone();
    let link = ["/wiki", file["downloadLink"].as_str().unwrap()].concat();
    let bytes = client.get(&link);
    assert_eq!((bytes.status, bytes.body.len() as u64), (200, file["fileSize"].as_u64().unwrap()));
    for path in [
        "/wiki/rest/api/content/100004",
        "/ex/confluence/c1/rest/api/content/100004",
        "/ex/confluence/c1/wiki/rest/api/content/100004",
    ] {
        assert_eq!(client.get(path).json()["title"], "Page 5", "{path}");
    }
    assert_eq!(client.last()["tenant"], "c1");
}

#[test]
fn a_write_that_is_refused_leaves_nothing_behind() {
    let client = Client::new("quota = { points = 2 }");
    let write = || client.post("/wiki/api/v2/pages", &json!({ "spaceId": "1", "title": "t" }));
    let made: Vec<_> = (0..3).map(|_| write().status).collect();
    assert_eq!(made, [200, 200, 429]);
    client.advance(3_600_000);
    assert_eq!(client.get("/wiki/rest/api/content/1000001").status, 200);
    client.advance(3_600_000);
    assert_eq!(client.get("/wiki/rest/api/content/1000002").status, 404);
}
