use super::table::{Method, NONE, Returns, Shape};
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn the_worked_examples_of_the_documentation_hold() {
    for (method, target, points) in [
        ("GET", "/wiki/rest/api/content/123456", 2),
        ("GET", "/wiki/rest/api/space/DOCS", 2),
        ("GET", "/wiki/rest/api/user?accountId=557058:12345678-abcd-1234", 3),
        ("POST", "/wiki/rest/api/content", 1),
        ("PUT", "/wiki/rest/api/content/123456", 1),
    ] {
        assert_eq!(price(method, target), Cost::exactly(points), "{method} {target}");
    }
}

#[test]
fn a_list_costs_its_limit_at_most() {
    let cost = price("get", "/wiki/api/v2/pages?limit=250");
    assert_eq!((cost.low, cost.likely, cost.high), (1, 251, 251));
    assert_eq!(price("GET", "/wiki/rest/api/group/devs/member?limit=8").likely, 17);
    assert_eq!(price("GET", "/wiki/api/v2/pages?limit=many").likely, 26, "what is no number is not asked for");
    assert_eq!(price("GET", "/wiki/api/v2/pages?limit=0"), Cost::exactly(1));
}

#[test]
fn a_whole_list_has_an_expected_length_and_can_be_longer() {
    assert_eq!(price("GET", "/rest/api/3/field"), Cost { low: 1, likely: 101, high: 1 + MOST_OBJECTS });
    assert_eq!(price("GET", "/rest/api/3/issue/KEY-1/worklog"), Cost { low: 1, likely: 21, high: 5_001 });
    assert_eq!(price("GET", "/rest/api/3/issue/KEY-1/worklog?maxResults=7"), Cost { low: 1, likely: 8, high: 8 });
    assert_eq!(price("GET", "/rest/api/3/field?maxResults=7").likely, 101, "it cannot be shortened");
}

#[test]
fn a_request_costs_the_same_however_its_target_is_written() {
    for target in [
        "/wiki/rest/api/user/current",
        "wiki/rest/api/user/current/",
        "//wiki/rest//api/user/current?",
        "/ex/confluence/11-22/wiki/rest/api/user/current",
        "https://x.atlassian.net/wiki/rest/api/user/current#top",
        "https://api.atlassian.com/ex/confluence/11-22/wiki/rest/api/user/current",
        "/wiki/rest/api/%75ser/current",
    ] {
        assert_eq!(price("GET", target), Cost::exactly(3), "{target}");
        let template = Template::of("GET", target).map(Template::text);
        assert_eq!(template.as_deref(), Some("/wiki/rest/api/user/current"), "{target}");
    }
    assert_eq!(price("GET", "/ex/jira"), Cost::exactly(2), "too short to be that form");
    assert_eq!(price("GET", "https://x.atlassian.net"), Cost::exactly(2));
    assert_eq!(price("GET", &"/a".repeat(10_000)), Cost::exactly(2));
    for version in ["2", "3", "latest"] {
        assert_eq!(price("GET", &format!("/rest/api/{version}/myself")), Cost::exactly(3));
    }
}

#[test]
fn head_and_options_cost_the_base_and_an_unknown_method_what_get_does() {
    for method in ["HEAD", "options"] {
        assert_eq!(price(method, "/wiki/api/v2/pages"), Cost::exactly(1));
    }
    assert_eq!(price("QUERY", "/wiki/api/v2/pages"), price("GET", "/wiki/api/v2/pages"));
}

#[test]
fn a_template_is_a_key_for_every_method() {
    let [get, put] = ["GET", "PUT"].map(|method| Template::of(method, "/rest/api/3/issue/KEY-1"));
    assert_eq!((get, get.map(Template::text).as_deref()), (put, Some("/rest/api/{version}/issue/{issueIdOrKey}")));
    assert_eq!(Template::of("GET", "/rest/api"), None, "a template only begins so");
}

#[test]
fn expansions_cost_only_where_they_are_asked_for() {
    let content = |query: &str| price("GET", &format!("/wiki/rest/api/content/1?{query}"));
    assert_eq!(content("expand=body.storage"), Cost::exactly(2));
    assert_eq!(content("expand=body.storage,space.homepage"), Cost::exactly(3));
    assert_eq!(content("expand=spaces"), Cost::exactly(2));
    assert_eq!(content("expand=version&expand=space%2cbody"), Cost::exactly(4));
    assert_eq!(content("expand=children.attachment"), Cost { low: 2, likely: 27, high: 27 });
    assert_eq!(price("GET", "/wiki/api/v2/pages/1?include-labels=false"), Cost::exactly(2));
}

#[test]
fn an_answer_that_is_no_json_or_lacks_the_list_leaves_the_cost_from_before() {
    let target = "/wiki/api/v2/pages";
    for body in ["", "<html>", "[1,2", r#"{"results":{"0":1}}"#, r#"{"message":"no"}"#, "[]", "{} {}"] {
        assert_eq!(price_after("GET", target, body.as_bytes()), Err(price("GET", target)), "{body}");
    }
    assert_eq!(price_after("DELETE", "/wiki/api/v2/pages/1", b""), Ok(Cost::exactly(1)), "there is nothing to count");
    let deep = "[".repeat(100_000);
    assert_eq!(price_after("GET", target, deep.as_bytes()), Err(price("GET", target)));
}

/// Every path of the shipped table that has a GET, with what it returns.
fn gets() -> Vec<(String, Shape)> {
    let nodes = SHIPPED.nodes.iter().enumerate().filter(|(_, node)| node.get != NONE);
    nodes.map(|(at, node)| (SHIPPED.template(at), SHIPPED.shapes[usize::from(node.get)])).collect()
}

fn lists() -> Vec<(String, Shape)> {
    gets().into_iter().filter(|(_, shape)| matches!(shape.returns, Returns::Page | Returns::Whole)).collect()
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// The slow, obvious matcher: all templates, the one that is literal earliest first.
fn slow(templates: &[(String, Shape)], path: &str) -> Option<String> {
    let path = segments(path);
    let is_literal =
        |template: &str| -> Vec<bool> { segments(template).iter().map(|part| !part.starts_with('{')).collect() };
    let matches = |template: &&str| {
        let parts = segments(template);
        parts.len() == path.len() && parts.iter().zip(&path).all(|(part, at)| part.starts_with('{') || part == at)
    };
    let all = templates.iter().map(|(template, _)| template.as_str());
    all.filter(matches).max_by_key(|template| is_literal(template)).map(str::to_owned)
}

/// A path like that of some template: some segments are replaced, dropped or written otherwise.
fn a_path() -> impl Strategy<Value = String> {
    let templates = gets();
    let words: Vec<_> = templates.iter().flat_map(|(template, _)| segments(template)).map(str::to_owned).collect();
    let change = (0..12_u8, prop::sample::select(words));
    (prop::sample::select(templates), prop::collection::vec(change, 12)).prop_map(|((template, _), changes)| {
        let parts = segments(&template).into_iter().zip(changes).filter(|(_, (change, _))| *change != 0);
        parts
            .map(|(part, (change, word))| match (change, part.starts_with('{')) {
                (1, _) | (2..6, true) => format!("/{word}"),
                (6..8, false) => format!("//%{:02x}{}", part.as_bytes()[0], &part[1..]),
                (_, true) => "/42".to_owned(),
                _ => format!("/{part}"),
            })
            .collect()
    })
}

/// A body whose list at this path has so many objects.
fn body(path: &str, count: usize) -> Value {
    match path.split_once('.').unwrap_or((path, "")) {
        ("", _) => json!(vec![json!({ "id": "1" }); count]),
        ("*", "") => Value::Object((0..count).map(|at| (at.to_string(), json!({ "id": at }))).collect()),
        ("*", rest) => json!({ "first": body(rest, count), "second": body(rest, 0) }),
        (name, rest) => json!({ "start": 0, name: body(rest, count), "size": [1, 2] }),
    }
}

proptest! {
    #[test]
    fn any_request_has_an_ordered_bounded_cost(method in ".{0,8}", target in "(/[a-z*%]{0,9}){0,6}(\\?.{0,20})?") {
        let cost = price(&method, &target);
        prop_assert!(1 <= cost.low && cost.low <= cost.likely && cost.likely <= cost.high);
    }

    #[test]
    fn a_request_of_any_template_has_one_too(
        path in a_path(),
        method in prop::sample::select(vec!["GET", "POST", "HEAD"]),
        page in "(limit|maxResults)=[0-9]{0,12}",
        more in prop::sample::select(vec!["", "&expand=space,operations,users,changelog", "&include-versions=true&fields=comment"]),
    ) {
        let cost = price(method, &format!("{path}?{page}{more}"));
        prop_assert!(1 <= cost.low && cost.low <= cost.likely && cost.likely <= cost.high);
        // Its own objects and at most 20 expansions.
        prop_assert!(cost.high <= BASE_POINTS + 21 * 2 * MOST_OBJECTS);
    }

    #[test]
    fn the_tree_finds_what_a_slow_obvious_matcher_finds(path in a_path()) {
        let found = SHIPPED.find(&Target::of(&path), Some(Method::Get)).map(|node| SHIPPED.template(node));
        let plain = path.split('%').enumerate().map(|(at, part)| match at {
            0 => part.to_owned(),
            _ => char::from(u8::from_str_radix(&part[..2], 16).unwrap()).to_string() + &part[2..],
        });
        prop_assert_eq!(found, slow(&gets(), &plain.collect::<String>()), "{}", path);
    }

    #[test]
    fn a_list_cost_its_base_and_each_of_its_objects((template, shape) in prop::sample::select(lists()), count in 0_usize..60) {
        let path = SHIPPED.name(shape.list);
        // Without members, an answer does not show that they were meant.
        let count = count.max(usize::from(path.contains('*')));
        let each = u32::from(SHIPPED.kinds[usize::from(shape.kind)].points_each);
        let cost = price_after("GET", &template, body(path, count).to_string().as_bytes());
        prop_assert_eq!(cost, Ok(Cost::exactly(BASE_POINTS + u32::try_from(count).unwrap() * each)), "{}", template);
    }

    #[test]
    fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..40), json in "[\\[\\]{}\":,a-z0-9]{0,40}", path in a_path()) {
        for body in [body.as_slice(), json.as_bytes()] {
            let cost = price_after("GET", &path, body).unwrap_or_else(|before| before);
            prop_assert!(cost.low >= BASE_POINTS);
        }
    }
}
