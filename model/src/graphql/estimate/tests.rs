use super::*;
use serde_json::json;

fn one(document: &str) -> OperationEstimate {
    with(document, json!({}))
}

fn with(document: &str, variables: serde_json::Value) -> OperationEstimate {
    let serde_json::Value::Object(variables) = variables else { panic!("variables are an object") };
    let mut estimates = estimate(document, None, &variables).unwrap_or_else(|error| panic!("{document}: {error}"));
    assert_eq!(estimates.len(), 1, "{document}");
    estimates.remove(0)
}

fn points(document: &str) -> u32 {
    one(document).points
}

#[test]
fn the_worked_examples_of_the_documentation_hold_in_graphql() {
    for (document, want) in [
        ("{ page(id: 123456) { title } }", 2),
        ("{ space(key: \"DOCS\") { name } }", 2),
        ("{ user(accountId: \"557058:1\") { name } }", 3),
        ("mutation { createPage(input: {title: \"Q4\"}) { page { id title } } }", 1),
        ("query { group(id: 1) { id } }", 3),
    ] {
        let got = one(document);
        assert_eq!((got.low, got.points, got.high), (1, want, want), "{document}");
    }
    assert_eq!(one("{ page(id: 1) { title } }").confidence, Confidence::Documented);
}

#[test]
fn nested_lists_multiply_and_their_objects_are_listed_by_kind() {
    let got =
        one("{ issues(first: 50) { edges { cursor node { key assignee { name } comments(last: 3) { nodes { id } } } }
        totalCount pageInfo { hasNextPage } } }");
    assert_eq!(got.points, 1 + 50 + 50 * 2 + 50 * 3);
    let listed: Vec<_> = got.objects.iter().map(|object| (object.kind, object.count, object.points_each)).collect();
    assert_eq!(listed, [(Class::Core, 200, 1), (Class::Identity, 50, 2)]);
}

#[test]
fn what_an_edge_holds_beside_its_node_is_there_for_each_item() {
    assert_eq!(points("{ group { members(first: 8) { edges { role { name } node { name } } } } }"), 1 + 2 + 8 * 4);
    assert_eq!(points("{ node(id: 1) { id } nodes(ids: [1, 2]) { id } }"), 1 + 1 + 2, "at the root they are fields");
}

#[test]
fn each_alias_is_an_object_again_and_one_name_is_one_object() {
    assert_eq!(points("{ a: page(id: 1) { id } b: page(id: 2) { id } }"), 3);
    assert_eq!(
        points(
            "{ page(id: 1) { id } page(id: 1) { title space { key } } ...F } fragment F on Query { page(id: 1) { space { name } } }"
        ),
        3
    );
}

#[test]
fn a_size_comes_from_a_literal_a_variable_or_a_default_else_it_is_unknown() {
    let list = "query ($n: Int = 40, $m: Int) { pages(first: $n) { nodes { id } } spaces(first: $m) { nodes { id } } }";
    let got = with(list, json!({"m": 3}));
    assert_eq!((got.points, got.high, got.confidence), (44, 44, Confidence::Documented));
    let got = with(list, json!({"n": 10, "m": null}));
    assert_eq!((got.low, got.points, got.high, got.confidence), (1, 1 + 10 + 25, 1 + 10 + 250, Confidence::Assumed));
    assert_eq!(with("query ($ids: [ID!]!) { users(accountIds: $ids) { name } }", json!({"ids": ["a", "b"]})).points, 5);
    assert_eq!(points("{ pages(first: 0) { nodes { id space { key } } } }"), 1);
    assert_eq!(points("{ things(limit: 7) { id } }"), 8);
}

#[test]
fn include_and_skip_are_followed_and_counted_where_unknown() {
    let document = "query ($yes: Boolean, $no: Boolean = false) {
        a: page @skip(if: true) { id }
        b: page @include(if: $yes) { id }
        c: page @include(if: $no) { id }
        ... @skip(if: $yes) { d: page { id } }
        ...F @include(if: $no)
    } fragment F on Query { e: page { id } }";
    assert_eq!(with(document, json!({"yes": true})).points, 2);
    assert_eq!(with(document, json!({})).points, 3);
    assert_eq!(with(document, json!({"yes": false, "no": true})).points, 4);
}

#[test]
fn an_envelope_is_no_object_and_a_type_tells_what_a_name_does_not() {
    assert_eq!(points("{ me { user { name } } }"), 3);
    assert_eq!(points("{ jira { issueByKey(key: \"A-1\") { key } } }"), 2);
    assert_eq!(points("{ node(id: 1) { ... on AtlassianAccountUser { name } } }"), 3);
    assert_eq!(points("{ search(first: 5) { nodes { ...U } } } fragment U on AppUser { name }"), 11);
    assert_eq!(points("{ whatever { id } __typename count }"), 2);
}

#[test]
fn operations_are_all_reported_or_the_one_that_is_named() {
    let document = "query A { page { id } } mutation B { x { page { id } } } subscription C { issue { key } }";
    let kind = |estimate: &OperationEstimate| (estimate.kind.as_str(), estimate.points, estimate.objects.len());
    let all = estimate(document, None, &Variables::new()).unwrap();
    assert_eq!(all.iter().map(kind).collect::<Vec<_>>(), [("query", 2, 1), ("mutation", 1, 0), ("subscription", 2, 1)]);
    let named = estimate(document, Some("C"), &Variables::new()).unwrap();
    assert_eq!((named.len(), named[0].name.as_deref()), (1, Some("C")));
    let said = |text, name| estimate(text, name, &Variables::new()).unwrap_err().to_string();
    assert!(said(document, Some("D")).ends_with("no operation `D`: name one that the document holds"));
    assert!(said("query A { a } query A { a }", Some("A")).contains("operation `A` is defined twice"));
    assert!(said("type T { a: Int }", None).contains("no operation: write a query"));
}

#[test]
fn a_bomb_of_fragments_is_refused_at_once_and_big_lists_saturate() {
    let link = |at| format!("fragment F{at} on T {{ a {{ ...F{} }} b {{ ...F{} }} }} ", at + 1, at + 1);
    let bomb = format!("{{ ...F0 }} {} fragment F40 on T {{ id }}", (0..40).map(link).collect::<String>());
    let said = estimate(&bomb, None, &Variables::new()).unwrap_err().to_string();
    assert!(said.contains("more than 100000 selections, fragments followed"), "{said}");
    let big = "first: 999999999999";
    let got = one(&format!("{{ pages({big}) {{ nodes {{ users({big}) {{ nodes {{ id }} }} }} }} }}"));
    assert_eq!((got.points, got.high), (u32::MAX, u32::MAX));
    let deep = "a{".repeat(99) + "...F" + &"}".repeat(99);
    let said = estimate(&format!("{{{deep}}} fragment F on T {{ b {{ c {{ d }} }} }}"), None, &Variables::new());
    assert!(said.unwrap_err().message.contains("nested deeper than 100 levels"));
}
