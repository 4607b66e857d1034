//! Parquet only: which encodings to use, and how large row groups are.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use super::{ConfigError, defaults};

/// Which encodings a Parquet file may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// Plain and dictionary, which every reader supports.
    Portable,
    /// Delta encodings, too: smaller, for readers that support them.
    Compact,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 2] = [Self::Portable, Self::Compact];
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Compact => "compact",
        })
    }
}

/// Target compressed size of a Parquet row group, from 1 MiB to 1 GiB. A run holds one row group in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowGroupSize(NonZeroUsize);

impl RowGroupSize {
    /// 18 MiB.
    pub const DEFAULT: Self = Self(defaults::ROW_GROUP_SIZE);
    const MIN: usize = 1 << 20;
    const MAX: usize = 1 << 30;

    /// A size in bytes.
    ///
    /// # Errors
    /// If the size is not between 1 MiB and 1 GiB.
    pub fn new(bytes: usize) -> Result<Self, ConfigError> {
        let size = NonZeroUsize::new(bytes).filter(|_| (Self::MIN..=Self::MAX).contains(&bytes)).map(Self);
        size.ok_or_else(|| ConfigError::Range("must be between 1MiB and 1GiB".to_owned()))
    }

    /// Bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.0.get()
    }
}

impl FromStr for RowGroupSize {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let units = [("MiB", 1_usize << 20), ("GiB", 1 << 30), ("MB", 1_000_000), ("GB", 1_000_000_000)];
        let bytes = units.iter().find_map(|(unit, bytes)| {
            let number = text.strip_suffix(unit)?.trim_end();
            number.parse::<usize>().ok()?.checked_mul(*bytes)
        });
        let problem = if text.parse::<usize>().is_ok() { "missing unit" } else { "invalid size" };
        bytes.ok_or_else(|| ConfigError::Range(format!("{problem}: use e.g. 16MiB or 100MB"))).and_then(Self::new)
    }
}

impl fmt::Display for RowGroupSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}MiB", self.bytes() >> 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_group_size_has_a_unit() {
        assert_eq!("18MiB".parse(), Ok(RowGroupSize::DEFAULT));
        assert_eq!("128 MB".parse::<RowGroupSize>().unwrap().bytes(), 128_000_000);
        assert_eq!(RowGroupSize::DEFAULT.to_string(), "18MiB");
        for text in ["", "16", "100000", "1KiB", "2GiB", "0MiB", "99999999999999999999GiB"] {
            assert!(text.parse::<RowGroupSize>().is_err(), "{text}");
        }
    }
}
