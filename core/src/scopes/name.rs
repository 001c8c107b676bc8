//! The name of a scope within another.

use std::fmt;

/// So long is a cloud id. Longer ones are rare.
const SHORT: usize = 36;

/// A name. A short one lies beside what is known of its scope, so that comparing it is no further access to memory.
#[derive(Clone)]
pub(super) enum Name {
    Short { len: u8, bytes: [u8; SHORT] },
    Long(Box<str>),
}

impl Name {
    pub(super) fn of(name: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..name.len()), u8::try_from(name.len())) {
            (Some(short), Ok(len)) => {
                short.copy_from_slice(name.as_bytes());
                Self::Short { len, bytes }
            }
            _ => Self::Long(name.into()),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Self::Long(name) => name.as_bytes(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(self.bytes()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_name_of_any_length_stays_what_it_is(name in "[a-zß-€]{0,50}") {
            prop_assert_eq!(Name::of(&name).to_string(), name);
        }
    }

    #[test]
    fn a_cloud_id_needs_no_memory_of_its_own() {
        let id = "6fb21d8e-0a5c-4c37-9d11-000000000001";
        assert!(matches!(Name::of(id), Name::Short { .. }));
        assert!(size_of::<Name>() <= 40);
    }
}
