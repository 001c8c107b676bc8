use core::fmt;

use crate::Integer;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(Integer);

impl Date {
    pub const MIN: Self = Self::from_unix_seconds(Integer::MIN);

    pub const MAX: Self = Self::from_unix_seconds(Integer::MAX);

    pub const UNIX_EPOCH: Self = Self::from_unix_seconds(Integer::ZERO);

    #[must_use]
    pub fn unix_seconds(&self) -> Integer {
        self.0
    }

    #[must_use]
    pub const fn from_unix_seconds(v: Integer) -> Self {
        Self(v)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "@{}", self.unix_seconds())
    }
}
