//! Rules alone, without a world.

use super::*;
use headroom_model::operation::Request;
use proptest::prelude::*;

fn faults(rules: &str, seed: u64) -> Faults {
    let text = format!(
        "name = \"t\"\nabout = \"t\"\nstart = \"2026-02-02T12:00:00Z\"\n[server]\n\
         [[work]]\nname = \"a\"\nrequest = \"GET /\"\narrive = \"at_once\"\ncount = 1\n\
         [[work]]\nname = \"b\"\nrequest = \"GET /\"\nafter = \"a\"\n{rules}"
    );
    Faults::new(&Scenario::parse("t", &text).unwrap_or_else(|error| panic!("{error}")), seed)
}

fn rule(on: &str, then: &str) -> String {
    format!("[[fault]]\nname = \"{}\"\non = {{ {on} }}\nthen = {then}\n", then.replace('"', "'"))
}

fn get() -> Operation {
    Operation::Rest(Request::get("docs", "/"))
}

fn call<'a>(operation: &'a Operation, at: u64) -> Call<'a> {
    Call { work: 1, tenant: "docs", node: 3, operation, at: Millis(at) }
}

#[test]
fn a_rule_meets_what_it_names_and_nothing_else() {
    let get = get();
    for (on, is_met) in [
        ("", true),
        ("work = \"b\"", true),
        ("work = \"a\"", false),
        ("tenant = \"docs\"", true),
        ("tenant = \"other\"", false),
        ("node = 3", true),
        ("node = 0", false),
        ("method = \"GET\"", true),
        ("method = \"PUT\"", false),
        ("after = \"5 s\"", true),
        ("after = \"5_001 ms\"", false),
        ("before = \"5_001 ms\"", true),
        ("before = \"5 s\"", false),
        ("work = \"b\", node = 3, method = \"PUT\"", false),
    ] {
        let met = faults(&rule(on, "\"drop\""), 1).meet(&call(&get, 5_000));
        assert_eq!(met.is_some(), is_met, "{on}");
    }
}

#[test]
fn the_first_rule_decides_who_answers_and_the_others_still_count_and_edit() {
    let rules = rule("", "\"duplicate\"")
        + &rule("", "{ delay = \"2 s\" }")
        + &rule("", "{ status = { code = 503, retry_after = \"1_500 ms\" } }")
        + &rule("", "\"drop\"")
        + &rule("", "{ delay = \"1 s\" }")
        + &rule("", "{ header = { name = \"retry-after\", set = \"7\" } }")
        + &rule("", "{ header = { name = \"X\", set = \"1\" } }")
        + &rule("", "{ header = { name = \"x\" } }")
        + &rule("", "{ date_off = { by = \"5 min\", back = true } }");
    let get = get();
    let met = faults(&rules, 1).meet(&call(&get, 0)).unwrap();
    assert_eq!((met.names.len(), met.is_duplicate, met.late), (9, true, Millis(3_000)));
    assert!(met.is_worded_otherwise());
    let Fate::Answered { status, headers, body } = &met.fate else { panic!("{met:?}") };
    let now = Instant(1_770_037_200_000);
    let mut answer = answered(&get, *status, headers, body, now);
    met.edit(&mut answer);
    let Answer::Response(response) = answer else { panic!("REST is answered by a response") };
    let want = [("Date", "Mon, 02 Feb 2026 12:55:00 GMT"), ("retry-after", "7")];
    assert_eq!((response.status, response.headers), (503, want.map(|(name, value)| Header::new(name, value)).to_vec()));
}

#[test]
fn an_answer_has_one_date_and_its_own_if_it_names_one() {
    let dates = |headers: &[Header]| {
        let Answer::Response(response) = answered(&get(), 429, headers, "", Instant(0)) else { panic!("a response") };
        let dates = response.headers.into_iter().filter(|header| header.name.eq_ignore_ascii_case("date"));
        dates.map(|header| header.value).collect::<Vec<_>>()
    };
    assert_eq!(dates(&[]), [Instant(0).to_http_date()]);
    assert_eq!(dates(&[Header::new("date", "tomorrow")]), ["tomorrow"]);
}

#[test]
fn an_invocation_is_refused_as_invocations_are() {
    let rush = Scenario::builtin("rush").unwrap();
    let call = crate::Workload::new(&rush, 1).operation(crate::JobId(0));
    let answer = answered(&call, 429, &[], "busy", rush.start);
    assert_eq!(answer, Answer::Rejected(r#"{"message":"busy","status":429}"#.to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_nth_call_is_met_and_rules_count_apart(every in 1_u64..20, other in 1_u64..20, calls in 1_u64..200) {
        let rules = rule(&format!("every = {every}"), "\"drop\"") + &rule(&format!("every = {other}"), "\"duplicate\"");
        let (mut faults, get) = (faults(&rules, 1), get());
        for number in 1..=calls {
            let met = faults.meet(&call(&get, 0));
            let dropped = met.as_ref().is_some_and(|met| matches!(met.fate, Fate::Dropped));
            prop_assert_eq!(dropped, number % every == 0);
            prop_assert_eq!(met.is_some_and(|met| met.is_duplicate), number % other == 0);
        }
    }

    #[test]
    fn chance_is_near_its_rate_and_follows_from_the_seed(seed: u64, per_mille in 0_u32..=1_000) {
        let rules = rule(&format!("per_mille = {per_mille}"), "\"drop\"");
        let get = get();
        let met = |mut faults: Faults| (0..2_000).map(|_| faults.meet(&call(&get, 0)).is_some()).collect::<Vec<_>>();
        let first = met(faults(&rules, seed));
        prop_assert_eq!(&first, &met(faults(&rules, seed)));
        let count = first.iter().filter(|is_met| **is_met).count() as f64;
        // Six standard deviations of 2,000 draws are at most 134.
        prop_assert!((count - 2.0 * f64::from(per_mille)).abs() <= 134.0, "{} of {}", count, per_mille);
    }

    #[test]
    fn a_reordered_answer_is_late_by_no_more_than_the_rule_says(seed: u64, most in 1_u64..10_000) {
        let (mut faults, get) = (faults(&rule("", &format!("{{ reorder = \"{most} ms\" }}")), seed), get());
        prop_assert!((0..50).all(|_| faults.meet(&call(&get, 0)).unwrap().late.0 <= most));
    }
}
