//! The live page asks nobody else for anything and takes no markup from names. How it looks and is used in a browser,
//! `cargo xtask test` tells.

mod support;

use support::Client;

const PARTS: [&str; 4] = ["", "page.css", "page.js", "chart.js"];

#[test]
fn the_page_and_its_parts_are_served_under_a_strict_policy_and_asked_for_anew() {
    let client = Client::new("quota = { points = 5 }");
    for part in PARTS {
        let answer = client.once(&format!("/_headroom/{part}"));
        let policy = answer.header("Content-Security-Policy").expect("a policy");
        for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.split("; ").any(|other| other == rule), "{rule} is not in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    }
    let moved = client.once("/_headroom");
    assert_eq!((moved.status, moved.header("Location")), (308, Some("/_headroom/")));
}

#[test]
fn nothing_is_asked_of_elsewhere_and_nothing_is_set_as_markup() {
    let client = Client::new("quota = { points = 5 }");
    for part in PARTS {
        let text = client.once(&format!("/_headroom/{part}")).body.replace("http://www.w3.org/2000/svg", "");
        for elsewhere in ["http://", "https://", "//cdn", "@import", "url("] {
            assert!(!text.contains(elsewhere), "{elsewhere} in {part}");
        }
        let markup = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"];
        // What the policy would refuse, in the document itself.
        let inline = [" style=", " onclick=", " onload=", "<style", "javascript:"];
        for way in markup.iter().chain(&inline) {
            assert!(!text.contains(way), "{way} in {part}");
        }
    }
}
