//! What is asked is found, in its order and page by page; what is not understood is refused.

use super::*;
use proptest::prelude::*;

/// A tiny product: three fields, one of them with many values, one that can be empty.
fn fields(_: &Site, record: &Record, field: &str) -> Option<Vec<String>> {
    Some(match field {
        "id" => vec![record.id.to_string()],
        "label" => record.labels.clone(),
        "place" => {
            record.id.checked_rem(3).filter(|place| *place > 0).map(|place| format!("at-{place}")).into_iter().collect()
        }
        _ => return None,
    })
}

/// Some condition, and its text.
fn condition() -> impl Strategy<Value = Condition> {
    let value = prop_oneof![
        Just("headroom"),
        Just("tenth-3"),
        Just("at-1"),
        Just("at"),
        Just("100007"),
        Just("0"),
        Just("\"\\")
    ];
    let operator =
        prop_oneof![Just(Operator::Is), Just(Operator::IsNot), Just(Operator::Contains), Just(Operator::ContainsNot)];
    let field = prop_oneof![Just("id"), Just("label"), Just("place")];
    let term = (field, operator, prop::collection::vec(value, 1..3)).prop_map(|(field, operator, values)| {
        let most = if matches!(operator, Operator::Is | Operator::IsNot) { values.len() } else { 1 };
        let values = values.into_iter().take(most).map(str::to_owned).collect();
        Condition::Is(Term { field: field.to_owned(), operator, values })
    });
    term.prop_recursive(4, 20, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            some.clone().prop_map(Condition::All),
            some.prop_map(Condition::Any),
            inner.prop_map(|one| Condition::Not(Box::new(one)))
        ]
    })
}

fn written(condition: &Condition) -> String {
    let joined = |all: &[Condition], word: &str| {
        all.iter().map(written).map(|one| format!("({one})")).collect::<Vec<_>>().join(word)
    };
    match condition {
        Condition::All(all) => joined(all, " AND "),
        Condition::Any(all) => joined(all, " or "),
        Condition::Not(one) => format!("NOT({})", written(one)),
        Condition::Is(Term { field, operator, values }) => {
            let quoted: Vec<_> = values
                .iter()
                .map(|value| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
                .collect();
            let (one, many) = match operator {
                Operator::Is => ("=", "IN"),
                Operator::IsNot => ("!=", "not In"),
                Operator::Contains => ("~", ""),
                Operator::ContainsNot => ("!~", ""),
            };
            if let [value] = &quoted[..] {
                format!("{field}{one}{value}")
            } else {
                format!("{field} {many} ({})", quoted.join(","))
            }
        }
    }
}

/// The slow reader of the same: by sets of numbers.
fn slow(condition: &Condition, all: &[Record]) -> Vec<u64> {
    let ids =
        |keep: &dyn Fn(&Record) -> bool| all.iter().filter(|record| keep(record)).map(|record| record.id).collect();
    match condition {
        Condition::All(some) => {
            let sets: Vec<_> = some.iter().map(|one| slow(one, all)).collect();
            ids(&|record| sets.iter().all(|set| set.contains(&record.id)))
        }
        Condition::Any(some) => {
            let sets: Vec<_> = some.iter().map(|one| slow(one, all)).collect();
            ids(&|record| sets.iter().any(|set| set.contains(&record.id)))
        }
        Condition::Not(one) => {
            let set = slow(one, all);
            ids(&|record| !set.contains(&record.id))
        }
        Condition::Is(term) => ids(&|record| {
            let texts = fields(&Site::default(), record, &term.field).unwrap();
            let is = texts.iter().any(|text| term.values.iter().any(|value| value == text));
            let has = texts.iter().any(|text| term.values.iter().any(|value| text.contains(value.as_str())));
            match term.operator {
                Operator::Is => is,
                Operator::IsNot => !texts.is_empty() && !is,
                Operator::Contains => has,
                Operator::ContainsNot => !texts.is_empty() && !has,
            }
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_asked_is_found_and_nothing_else(condition in condition()) {
        let site = Site::default();
        let all: Vec<Record> = site.all(Kind::Page).take(40).collect();
        let query = Query::read(&written(&condition), fields).unwrap();
        let is_meant = |record: &&Record| query.condition.holds(&|field| fields(&site, record, field).unwrap());
        let found: Vec<u64> = all.iter().filter(is_meant).map(|record| record.id).collect();
        prop_assert_eq!(found, slow(&condition, &all), "{}", written(&condition));
    }

}

proptest! {
    // Each puts a thousand objects in order for each page.
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// The slow reader takes the whole list apart.
    #[test]
    fn pages_after_a_cursor_hold_the_whole_list_in_its_order(
        limit in prop_oneof![Just(100), Just(250), 90_u64..400], is_descending: bool, by_place: bool,
    ) {
        let site = Site::default();
        let direction = if is_descending { "desc" } else { "asc" };
        let order = format!("order by {}id {direction}", if by_place { "place, " } else { "" });
        let query = Query::read(&order, fields).unwrap();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = query.page(&site, Kind::Page, fields, (cursor.as_deref(), 0), limit).unwrap().0;
            prop_assert!(!page.records.is_empty());
            seen.extend(page.records.iter().map(|record| record.id));
            cursor = page.next();
            if cursor.is_none() { break }
        }
        let mut whole: Vec<u64> = site.all(Kind::Page).map(|record| record.id).collect();
        if is_descending { whole.reverse() }
        if by_place { whole.sort_by_key(|id| id % 3) }
        prop_assert_eq!(seen, whole);
    }

}

proptest! {
    #[test]
    fn no_query_panics(query in ".{0,60}", words in "((not|id|and|or|in|=|!=|~|\\(|\\)|\"|a|,|order by) ?){0,12}") {
        let _ = (Query::read(&query, fields), Query::read(&words, fields));
    }
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    let deep = format!("{}id = 1{}", "(".repeat(60), ")".repeat(60));
    let many = vec!["id = 1"; 200].join(" or ");
    for (wrong, at) in [
        ("id", "the end"),
        ("id =", "the end"),
        ("id = 1 id = 2", "`id`"),
        ("id in ()", "`)`"),
        ("id in (1, 2", "the end"),
        ("id is empty", "`is`"),
        ("id = currentUser()", "`(`"),
        ("id = \"x", "`x`"),
        ("id = 1 and", "the end"),
        ("= 1", "`=`"),
        ("(id = 1", "the end"),
        ("id > 1", "`>`"),
        ("id = and", "`and`"),
        ("order by", "the end"),
        ("id = 1 order by id up", "`up`"),
        ("colour = 1", "`colour`"),
        ("order by colour", "`colour`"),
        (&deep, "deep"),
        (&many, "terms"),
        ("id not = 1", "`=`"),
        ("id = 1 || id = 2", "`|"),
    ] {
        let error = Query::read(wrong, fields).unwrap_err();
        assert!(error.status == 400 && error.message.contains(at), "{wrong}: {}", error.message);
    }
}

#[test]
fn and_binds_closer_than_or_and_not_closer_than_both() {
    let of = |text: &str| Query::read(text, fields).unwrap().condition;
    assert_eq!(of("id = 1 or id = 2 and not id = 3"), of("(id = 1) OR ((id = 2) AND (NOT (id = 3)))"));
    assert_eq!(of(" "), Condition::All(vec![]));
    let order = Query::read("ORDER BY place DESC, id", fields).unwrap().order;
    assert_eq!(order, [("place".to_owned(), true), ("id".to_owned(), false)]);
}
