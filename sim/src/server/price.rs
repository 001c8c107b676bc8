//! What a request costs by the objects that its answer holds, and the body that holds so many.
//!
//! The two must not disagree: a client counts the objects in the body and corrects its meter by them. So where the
//! objects stand in a body, and what each of them costs, is asked of [`price_after`] once for each path template.

use super::layout::{Layout, list_of};
use headroom_model::operation::{Method, Request};
use headroom_model::points::{BASE_POINTS, MOST_OBJECTS, Route, Template};
use std::collections::BTreeMap;

/// What an answer costs and holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) points: u32,
    pub(super) objects: u32,
    layout: Layout,
}

impl Price {
    /// Of what spends no points.
    pub(super) const FREE: Self = Self { points: 0, objects: 0, layout: Layout::SINGLE };

    /// The page of 2025-12-12 prices GraphQL as REST: a mutation is flat, a query costs more for each object by its kind.
    pub(super) fn of_graphql(request: &Request, objects: u32) -> Self {
        let objects = objects.min(MOST_OBJECTS);
        Self { points: super::graphql::points(request, objects), objects, layout: Layout::SINGLE }
    }

    /// The body that holds the objects. `path` names the object, where there is one.
    pub(super) fn body(self, path: &str) -> Vec<u8> {
        let Self { objects, layout: Layout { list, is_single, .. }, .. } = self;
        if is_single && objects == 1 {
            let end = path.find('?').unwrap_or(path.len());
            let id = path[..end].rsplit('/').next().unwrap_or_default();
            // What could end the JSON text is left out: nothing reads it but people who look at a trace.
            let id = id.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\'));
            return ["{\"id\":\"", &id.collect::<String>(), "\"}"].concat().into_bytes();
        }
        list_of(list, objects)
    }
}

/// Prices by path template, each reckoned when it is first asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Prices(BTreeMap<(Method, Template), Layout>);

impl Prices {
    pub(super) fn of(&mut self, request: &Request, route: &Route<'_>, objects: u32) -> Price {
        let objects = objects.min(MOST_OBJECTS);
        let layout = match route.template {
            Some(template) => {
                let key = (Method::of(&request.method), template);
                *self.0.entry(key).or_insert_with(|| Layout::of(request))
            }
            // What no template names returns one object, whose kind its path tells: the price before is that of one.
            None => Layout { points_each: route.cost.likely.saturating_sub(BASE_POINTS), ..Layout::SINGLE },
        };
        let points = BASE_POINTS.saturating_add(objects.saturating_mul(layout.points_each));
        Price { points, objects, layout }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::points::{price, price_after};
    use proptest::prelude::*;

    fn reckoned(request: &Request, objects: u32) -> Price {
        Prices::default().of(request, &Route::of(&request.method, &request.path), objects)
    }

    fn get(path: &str) -> Request {
        Request::get("t", path)
    }

    #[test]
    fn the_documented_examples_cost_what_they_say() {
        for (path, objects, points) in [
            ("/wiki/rest/api/content/123456", 1, 2),
            ("/wiki/api/v2/spaces/7", 1, 2),
            ("/wiki/rest/api/user?accountId=1", 1, 3),
            ("/rest/api/3/group/member?groupId=g", 8, 17),
            ("/wiki/api/v2/pages?limit=250", 250, 251),
            ("/wiki/api/v2/pages?limit=250", 0, 1),
            ("/no/such/thing", 1, 2),
        ] {
            assert_eq!(reckoned(&get(path), objects).points, points, "{path}");
        }
        let write = Request { method: "POST".into(), ..get("/wiki/rest/api/content") };
        assert_eq!(reckoned(&write, 1).points, 1);
    }

    /// The lists are read off the model's tables, so that a new one is not forgotten here.
    #[test]
    fn every_list_of_the_models_tables_is_known() {
        let tables = [
            include_str!("../../../model/data/points/confluence-v1.toml"),
            include_str!("../../../model/data/points/confluence-v2.toml"),
            include_str!("../../../model/data/points/jira.toml"),
            include_str!("../../../model/data/points/jira-software.toml"),
            include_str!("../../../model/data/points/field.toml"),
        ];
        let (mut rows, mut unknown) = (0, Vec::new());
        for table in tables {
            let table: toml::Table = toml::from_str(table).unwrap();
            for group in table["group"].as_array().unwrap() {
                let text =
                    |row: &toml::Value, key: &str| row.get(key).and_then(|text| text.as_str()).map(str::to_owned);
                for row in group["rows"].as_array().unwrap() {
                    let method = text(row, "method").or_else(|| text(group, "method")).unwrap_or_else(|| "GET".into());
                    let path =
                        [text(group, "under").unwrap_or_default(), text(row, "path").unwrap_or_default()].concat();
                    let path = path.replace(['{', '}'], "");
                    let request = Request { method, ..get(&path) };
                    let want = price_after(&request.method, &path, &reckoned(&request, 7).body(&path));
                    rows += 1;
                    if want.map(|cost| cost.likely) != Ok(reckoned(&request, 7).points) {
                        unknown.push(format!("{} {path}: {:?}", request.method, text(row, "list")));
                    }
                }
            }
        }
        assert!(rows > 300 && unknown.is_empty(), "{rows} rows; {unknown:#?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_client_that_counts_the_body_finds_what_was_charged(
            method in "GET|POST|PUT|DELETE|HEAD",
            path in "/wiki/api/v2/pages(/[0-9]{1,5}(/children|/labels)?)?|/wiki/rest/api/(content|user|group|search)(/[0-9]+)?\
                     |/rest/api/3/(search/jql|issue/KEY-[0-9]|group/member|permissions|users/search|nothing)",
            objects in 0_u32..300,
        ) {
            let request = Request { method, ..get(&path) };
            let price = reckoned(&request, objects);
            let counted = price_after(&request.method, &path, &price.body(&path)).map(|cost| cost.likely);
            prop_assert_eq!(counted, Ok(price.points));
        }

        #[test]
        fn any_path_gives_json(path in ".{0,40}", objects in 0_u32..3) {
            let body = reckoned(&get(&path), objects).body(&path);
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok());
        }

        #[test]
        fn one_object_costs_what_was_priced_before(path in "/wiki/rest/api/(content|space|x)/[0-9]{1,6}") {
            prop_assert_eq!(reckoned(&get(&path), 1).points, price("GET", &path).likely);
        }
    }
}
