//! What lies in pages, issues and repositories: written, read, found, and gone with what held it.

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Answer, Client};

const PLENTY: &str = "quota = { points = 10_000_000 }";
const V1: &str = "/wiki/rest/api/content";

fn upload(client: &Client, method: &str, path: &str, files: &[(&str, &str)]) -> Answer {
    let mut body = String::new();
    for (name, content) in files {
        body +=
            &format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n");
    }
    let kind = ("Content-Type", "multipart/form-data; boundary=b");
    client.send(method, path, &[kind], Some(&format!("{body}--b--\r\n")))
}

fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.send("PUT", path, &[], Some(&body.to_string()))
}

fn delete(client: &Client, path: &str) -> u16 {
    client.send("DELETE", path, &[], None).status
}

/// The ids of a list, in its order.
fn ids(answer: &Answer, field: &str, name: &str) -> Vec<String> {
    let body = answer.json();
    let all = body[field].as_array().unwrap_or_else(|| panic!("no `{field}` in {body}"));
    all.iter().map(|one| one[name].as_str().unwrap().to_owned()).collect()
}

fn new_page(client: &Client, title: &str, parent: Option<&str>) -> String {
    let body = json!({ "spaceId": "2", "title": title, "parentId": parent });
    client.post("/wiki/api/v2/pages", &body).json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_file_comes_back_as_it_was_sent_and_its_next_version_takes_its_place() {
    let client = Client::new(PLENTY);
    let path = format!("{V1}/100000/child/attachment");
    let made = upload(&client, "POST", &path, &[("a b&c.bin", "one\r\n--a?"), ("d.txt", "")]).json();
    let file = |at: usize| made["results"][at].clone();
    let link = ["/wiki", file(0)["_links"]["download"].as_str().unwrap()].concat();
    assert_eq!(client.get(&link).body, "one\r\n--a?");
    assert_eq!((&file(0)["title"], &file(1)["extensions"]["fileSize"]), (&"a b&c.bin".into(), &0.into()));
    assert_eq!(upload(&client, "POST", &path, &[("d.txt", "x")]).status, 400, "the name is taken");
    let new = upload(&client, "PUT", &path, &[("d.txt", "new")]).json()["results"][0].clone();
    assert_eq!((&new["version"]["number"], &new["extensions"]["fileSize"]), (&2.into(), &3.into()));
    let id = file(0)["id"].as_str().unwrap().to_owned();
    assert_eq!(upload(&client, "POST", &format!("{path}/{id}/data"), &[("x", "two")]).status, 200);
    // The agent goes where it is sent.
    assert_eq!(client.get(&format!("{path}/{id}/download")).body, "two");
    assert_eq!(ids(&client.get("/wiki/api/v2/pages/100000/attachments"), "results", "id").len(), 3);
    assert_eq!((delete(&client, &format!("{V1}/{id}")), client.get(&link).status), (204, 404));
    assert_eq!(client.post(&path, &json!({})).status, 400);
}

#[test]
fn pages_lie_below_each_other_and_one_below_itself_ends_the_line() {
    let client = Client::new(PLENTY);
    let top = new_page(&client, "Top", None);
    let middle = new_page(&client, "Middle", Some(&top));
    let leaf = new_page(&client, "Leaf", Some(&middle));
    let v2 = |what: &str, id: &str| ids(&client.get(&format!("/wiki/api/v2/pages/{id}/{what}")), "results", "id");
    assert_eq!(
        (v2("children", &top), v2("descendants", &top)),
        (vec![middle.clone()], vec![middle.clone(), leaf.clone()])
    );
    assert_eq!(v2("ancestors", &leaf), [top.clone(), middle.clone()]);
    let found = |cql: &str| ids(&client.get(&format!("{V1}/search?cql={cql}")), "results", "id");
    assert_eq!((found(&format!("parent={top}")), found(&format!("ancestor={top}")).len()), (vec![middle.clone()], 2));
    let body = json!({ "version": { "number": 2 }, "ancestors": [{ "id": leaf }] });
    assert_eq!(put(&client, &format!("{V1}/{top}"), &body).status, 200);
    assert_eq!(v2("ancestors", &top), [middle, leaf]);
}

#[test]
fn expand_shows_what_it_names_and_the_rest_is_listed_as_expandable() {
    let client = Client::new(PLENTY);
    let of = |expand: &str| client.get(&format!("{V1}/100004{expand}")).json();
    let plain = of("");
    assert_eq!(
        (&plain["space"]["key"], &plain["version"]["number"], &plain["body"]),
        (&"S5".into(), &1.into(), &Value::Null)
    );
    assert!(plain["_expandable"]["body"].is_string() && plain["_expandable"]["space"].is_null());
    let told = of("?expand=body.storage,children.attachment,metadata.labels");
    assert_eq!(told["body"]["storage"]["value"], "Text of Page 5.");
    assert_eq!((&told["body"]["view"], &told["children"]["attachment"]["size"]), (&Value::Null, &1.into()));
    assert_eq!((&told["metadata"]["labels"]["size"], &told["space"]), (&2.into(), &Value::Null));
    let v2 = |form: &str| client.get(&format!("/wiki/api/v2/pages/100004{form}"));
    assert_eq!(v2("?body-format=storage").json()["body"]["storage"]["value"], "Text of Page 5.");
    assert_eq!((&v2("").json()["body"], v2("?body-format=paper").status), (&json!({}), 400));
}

#[test]
fn what_is_archived_or_of_another_type_is_not_there() {
    let client = Client::new(PLENTY);
    let count = |path: &str| client.get(path).json()["results"].as_array().map(Vec::len);
    for path in ["/wiki/api/v2/pages?", "/wiki/api/v2/spaces?", "/wiki/rest/api/space?", "/wiki/rest/api/content?"] {
        assert_eq!(count(&format!("{path}status=archived&limit=7")), Some(0), "{path}");
        assert_eq!(count(&format!("{path}status=archived,current&limit=7")), Some(7), "{path}");
    }
    assert_eq!(count("/wiki/rest/api/content?type=blogpost"), Some(0));
    assert_eq!(client.get("/wiki/rest/api/content?type=cake").status, 400);
    assert_eq!(count("/wiki/rest/api/space?spaceKey=S2&spaceKey=S3"), Some(2));
    assert_eq!(count("/wiki/api/v2/spaces?keys=S2,S3&ids=3"), Some(1));
}

#[test]
fn restrictions_say_who_may_and_are_replaced_or_added_to() {
    let client = Client::new(PLENTY);
    let path = format!("{V1}/100000/restriction");
    let may = |user: &str| {
        let body = json!({ "subject": { "type": "user", "identifier": user }, "operation": "read" });
        client.post(&format!("{V1}/100000/permission/check"), &body).json()["hasPermission"].clone()
    };
    assert_eq!(may("user-9"), true);
    let named = |user: &str| json!([{ "operation": "read", "restrictions": { "user": [{ "accountId": user }] } }]);
    assert_eq!(put(&client, &path, &named("user-1")).json()["results"][0]["restrictions"]["user"]["size"], 1);
    assert_eq!((may("user-1"), may("user-9")), (true.into(), false.into()));
    client.post(&path, &named("user-9"));
    assert_eq!((may("user-1"), may("user-9")), (true.into(), true.into()));
    put(&client, &path, &named("user-2"));
    assert_eq!((may("user-1"), may("user-2")), (false.into(), true.into()));
    // User 1 is in group 1.
    assert_eq!(put(&client, &format!("{path}/byOperation/read/byGroupId/group-1"), &json!({})).status, 200);
    assert_eq!((may("user-1"), delete(&client, &path), may("user-9")), (true.into(), 200, true.into()));
    assert_eq!(put(&client, &format!("{path}/byOperation/sing/user?accountId=user-1"), &json!({})).status, 400);
}

#[test]
fn comments_and_properties_are_written_in_one_version_and_read_in_the_other() {
    let client = Client::new(PLENTY);
    let page = "/wiki/api/v2/pages/100000";
    let body = json!({ "pageId": "100000", "body": { "representation": "storage", "value": "hm" } });
    let id = client.post("/wiki/api/v2/footer-comments", &body).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(ids(&client.get(&format!("{V1}/100000/child/comment")), "results", "id"), std::slice::from_ref(&id));
    let next = json!({ "version": { "number": 2 }, "body": { "storage": { "value": "oh" } } });
    assert_eq!(put(&client, &format!("{V1}/{id}"), &next).json()["body"]["storage"]["value"], "oh");
    assert_eq!(put(&client, &format!("{V1}/{id}"), &next).status, 409);
    client.post(&format!("{V1}/100000/property"), &json!({ "key": "k", "value": { "a": [1] } }));
    let property = client.get(&format!("{page}/properties?key=k")).json()["results"][0].clone();
    assert_eq!(property["value"], json!({ "a": [1] }));
    assert_eq!(client.post(&format!("{page}/properties"), &json!({ "key": "k", "value": 1 })).status, 409);
    assert_eq!(
        (
            delete(&client, &format!("{page}/properties/{}", property["id"].as_str().unwrap())),
            delete(&client, &format!("{V1}/100000/property/k"))
        ),
        (204, 404)
    );
    assert_eq!((delete(&client, page), client.get(&format!("{V1}/{id}")).status), (204, 404), "it went with its page");
    assert_eq!(client.get("/wiki/api/v2/attachments/att200000").status, 404, "and so did its file");
}

#[test]
fn an_issue_is_assigned_moved_logged_on_filed_and_goes_with_all_that_it_holds() {
    let client = Client::new(PLENTY);
    let fields =
        json!({ "project": { "key": "P2" }, "summary": "Leak", "issuetype": { "name": "bug" }, "labels": ["wet"] });
    let key = client.post("/rest/api/3/issue", &json!({ "fields": fields })).json()["key"].as_str().unwrap().to_owned();
    let path = format!("/rest/api/3/issue/{key}");
    assert_eq!(put(&client, &format!("{path}/assignee"), &json!({ "accountId": "user-3" })).status, 204);
    let to = |id: &str| client.post(&format!("{path}/transitions"), &json!({ "transition": { "id": id } })).status;
    assert_eq!((to("31"), to("41")), (204, 400));
    assert_eq!(client.post(&format!("{path}/worklog"), &json!({ "timeSpentSeconds": 60 })).status, 201);
    let made = upload(&client, "POST", &format!("{path}/attachments"), &[("a.txt", "drip")]).json();
    let content = made[0]["content"].as_str().unwrap().to_owned();
    assert_eq!(client.get(&content).body, "drip");
    let found = |jql: &str| ids(&client.post("/rest/api/3/search/jql", &json!({ "jql": jql })), "issues", "key");
    for jql in [
        "assignee = user-3",
        "status = Done",
        "labels in (dry, wet)",
        "issuetype = Bug and project = P2",
        "text ~ leak",
    ] {
        assert_eq!(found(jql), std::slice::from_ref(&key), "{jql}");
    }
    let fields = client.get(&format!("{path}?fields=status,resolution,-resolution")).json()["fields"].clone();
    assert_eq!((fields.as_object().unwrap().len(), &fields["status"]["name"]), (1, &"Done".into()));
    assert_eq!(put(&client, &format!("{path}/assignee"), &json!({ "accountId": null })).status, 204);
    assert_eq!(found("assignee = user-3"), Vec::<String>::new());
    assert_eq!((delete(&client, &path), client.get(&content).status), (204, 404));
}

#[test]
fn repositories_answer_as_the_pipelines_scenario_polls_them() {
    let client = Client::new(PLENTY);
    for number in [0, 7, 299] {
        let path = format!("/2.0/repositories/acme/repo-{number}");
        assert_eq!(client.get(&path).json()["slug"], format!("repo-{number}"));
        assert_eq!(client.get(&format!("{path}/pipelines/")).json()["size"], 10);
        let variables = format!("{path}/deployments_config/environments/test/variables");
        assert_eq!(client.post(&variables, &json!({ "key": "K", "value": "v", "secured": true })).status, 201);
        let told = client.get(&variables).json()["values"][0].clone();
        assert_eq!((&told["key"], &told["value"]), (&"K".into(), &Value::Null), "what is secured is not told");
    }
    assert_eq!(client.get("/2.0/repositories/acme/repo-7/pipelines_config/variables").json()["size"], 0);
    assert_eq!(client.get("/2.0/repositories/acme/repo-7/environments").json()["size"], 3);
    assert_eq!(client.get("/2.0/repositories/acme/repo-9999").status, 404);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// What is there all the time comes once, whatever is deleted between two pages.
    #[test]
    fn a_search_in_any_order_is_paged_without_gaps(
        size in 20_u64..90, by in prop_oneof![Just("summary"), Just("id"), Just("project"), Just("key")],
        is_descending: bool, gone in 20_000_u64..20_200,
    ) {
        let client = Client::new(PLENTY);
        let jql = format!("project in (P1, P2) order by {by} {}", if is_descending { "desc" } else { "asc" });
        let (mut seen, mut token) = (Vec::new(), Value::Null);
        loop {
            let asked = json!({ "jql": jql, "maxResults": size, "nextPageToken": token });
            let answer = client.post("/rest/api/3/search/jql", &asked);
            prop_assert_eq!(answer.status, 200, "{}", answer.body);
            let page = ids(&answer, "issues", "id");
            let last = page.last().cloned();
            seen.extend(page);
            token = answer.json()["nextPageToken"].clone();
            if token.is_null() { break }
            if last != Some(gone.to_string()) {
                delete(&client, &format!("/rest/api/3/issue/{gone}"));
            }
        }
        seen.retain(|id| *id != gone.to_string());
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        let left = (20_000..21_000_u64).filter(|id| id % 5 < 2 && *id != gone).count();
        prop_assert_eq!((seen.len(), sorted.len()), (left, left));
        if by == "id" {
            let mut wanted: Vec<String> = sorted;
            if is_descending { wanted.reverse() }
            prop_assert_eq!(seen, wanted);
        }
    }
}

#[test]
fn a_query_that_is_not_understood_is_refused_in_the_products_words() {
    let client = Client::new(PLENTY);
    for query in
        ["type+=+comment", "title+%3E+1", "colour+%3D+1", "type+%3D+page+or", "title+%3D+a+b", "type+%3D+now()"]
    {
        let told = client.get(&format!("{V1}/search?cql={query}"));
        assert_eq!((told.status, &told.json()["statusCode"]), (400, &400.into()), "{query}");
        assert!(told.json()["message"].as_str().unwrap().contains('`'), "{}", told.body);
    }
    for jql in ["summary is empty", "due < now()", "project = P1 summary ~ x"] {
        let told = client.post("/rest/api/3/search/jql", &json!({ "jql": jql }));
        assert_eq!((told.status, told.json()["errorMessages"].as_array().map(Vec::len)), (400, Some(1)), "{jql}");
    }
}
