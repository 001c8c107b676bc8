//! The name a person probably meant.

/// The candidate that differs least from `word`, if it differs little enough to be a slip: by at most a third of
/// the longer word's letters, and by 2 in any case.
///
/// ```
/// assert_eq!(headroom_sim::nearest::nearest("page-sink", ["rush", "page-sync"]), Some("page-sync"));
/// assert_eq!(headroom_sim::nearest::nearest("banana", ["rush", "page-sync"]), None);
/// ```
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = candidates.into_iter().map(|candidate| (distance(word, candidate), candidate));
    let (off, best) = scored.min_by_key(|(off, _)| *off)?;
    (off <= (word.len().max(best.len()) / 3).max(2)).then_some(best)
}

/// Levenshtein's distance in bytes; words longer than any name here are just far away.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 64;
    if a.len() > LONGEST || b.len() > LONGEST {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_distance_is_symmetric_and_zero_only_for_equals(a in "[a-c]{0,6}", b in "[a-c]{0,6}") {
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
        }
    }
}
