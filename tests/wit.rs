//! The WIT: every item has a text for people and says since when it is there.

use headroom_tests::root;
use wit_parser::{Docs, Resolve, Stability, TypeDefKind, TypeOwner};

fn resolve() -> Resolve {
    let mut resolve = Resolve::default();
    resolve.push_dir(root().join("wit")).expect("the WIT parses");
    resolve
}

/// Each item of the package: its name, its text, and since when it is there, where that has to be said.
fn items(resolve: &Resolve) -> Vec<(String, &Docs, Option<&Stability>)> {
    let mut items = Vec::new();
    for (_, world) in &resolve.worlds {
        items.push((format!("world {}", world.name), &world.docs, Some(&world.stability)));
    }
    for (_, interface) in &resolve.interfaces {
        let name = interface.name.clone().unwrap_or_default();
        for function in interface.functions.values() {
            items.push((format!("{name}.{}", function.name), &function.docs, Some(&function.stability)));
        }
        items.push((name, &interface.docs, Some(&interface.stability)));
    }
    for (_, ty) in &resolve.types {
        let (TypeOwner::Interface(owner), Some(name)) = (ty.owner, &ty.name) else { continue };
        let owner = resolve.interfaces[owner].name.clone().unwrap_or_default();
        let name = format!("{owner}.{name}");
        // A `use` of a type is no item of its own.
        if matches!(ty.kind, TypeDefKind::Type(wit_parser::Type::Id(_))) {
            continue;
        }
        for (part, docs) in parts(&ty.kind) {
            items.push((format!("{name}.{part}"), docs, None));
        }
        items.push((name, &ty.docs, Some(&ty.stability)));
    }
    items
}

fn parts(kind: &TypeDefKind) -> Vec<(&str, &Docs)> {
    match kind {
        TypeDefKind::Record(record) => record.fields.iter().map(|field| (field.name.as_str(), &field.docs)).collect(),
        TypeDefKind::Variant(variant) => variant.cases.iter().map(|case| (case.name.as_str(), &case.docs)).collect(),
        TypeDefKind::Enum(list) => list.cases.iter().map(|case| (case.name.as_str(), &case.docs)).collect(),
        TypeDefKind::Flags(flags) => flags.flags.iter().map(|flag| (flag.name.as_str(), &flag.docs)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_item_is_documented_and_says_since_when() {
    let resolve = resolve();
    let items = items(&resolve);
    assert!(items.len() > 100, "only {} items were looked at", items.len());
    for (name, docs, stability) in items {
        let text = docs.contents.as_deref().unwrap_or_default().trim();
        assert!(text.ends_with(['.', '`']) && text.len() > 4, "{name} has no text: {text:?}");
        if let Some(stability) = stability {
            assert!(matches!(stability, Stability::Stable { .. }), "{name} does not say `@since`");
        }
    }
}

#[test]
fn time_and_points_always_have_a_named_type() {
    let resolve = resolve();
    for (_, ty) in &resolve.types {
        let TypeDefKind::Record(record) = &ty.kind else { continue };
        for field in &record.fields {
            let bare = matches!(field.ty, wit_parser::Type::U64 | wit_parser::Type::S64 | wit_parser::Type::F64);
            assert!(!bare, "`{}` is a bare number", field.name);
        }
    }
}

#[test]
fn quota_check_and_invoke_with_retry_are_there_under_those_names() {
    let resolve = resolve();
    let functions: Vec<_> =
        resolve.interfaces.iter().flat_map(|(_, interface)| interface.functions.keys().cloned()).collect();
    for name in ["[method]limiter.quota-check", "quota-check", "invoke-with-retry"] {
        assert!(functions.iter().any(|function| function == name), "`{name}` is missing");
    }
}

#[test]
fn a_variant_for_errors_and_reasons_ends_with_a_case_for_people() {
    let resolve = resolve();
    let open_sets = ["limiter-kind", "scope", "never", "attempt-error", "failure-cause"];
    for name in open_sets {
        let variant = resolve.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name));
        let Some((_, wit_parser::TypeDef { kind: TypeDefKind::Variant(variant), .. })) = variant else {
            panic!("`{name}` is no variant")
        };
        assert_eq!(variant.cases.last().map(|case| case.name.as_str()), Some("other"), "{name}");
    }
}
