//! The form in which facts are written down.

/// Defines one group of facts: its `GROUP`, a constant for each fact, and the rows of them all. In each entry stand name
/// and value, the unit, who says it and how sure it is, what it means, and what the project does with it.
macro_rules! facts {
    (
        $group:literal, $about:literal;
        $($name:ident: $type:ty = $value:expr, $unit:literal, $confidence:ident by $source:ident, $what:literal, $usage:expr;)+
    ) => {
        #[cfg(feature = "full")]
        pub(super) const GROUP: $crate::facts::Group = $crate::facts::Group { name: $group, about: $about };

        $(
            #[doc = concat!($what, " Unit: ", $unit, ".")]
            pub const $name: $crate::facts::Fact<$type> = $crate::facts::Fact {
                value: $value,
                unit: $unit,
                what: $what,
                source: &$crate::facts::sources::$source,
                confidence: $crate::facts::Confidence::$confidence,
                usage: $usage,
            };
        )+

        /// The facts of this group as rows.
        #[cfg(feature = "full")]
        pub(super) fn rows() -> Vec<$crate::facts::Row> {
            vec![$($crate::facts::Row::new(&GROUP, stringify!($name), $name)),+]
        }
    };
}
