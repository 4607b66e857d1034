//! What Parquet alone is told: which encodings, and how large its row groups are.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use super::ConfigError;

/// Which encodings a Parquet file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// Plain and dictionary, which every reader knows.
    Portable,
    /// Delta encodings too: smaller, for readers that know them.
    Compact,
}

impl FromStr for Profile {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        match name {
            "portable" => Ok(Self::Portable),
            "compact" => Ok(Self::Compact),
            _ => Err(ConfigError::Format(format!("no such profile: {name} (there are portable and compact)"))),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Compact => "compact",
        })
    }
}

/// The size of a row group of Parquet, in compressed bytes, about, from 1 MiB to 1 GiB: when it has reached it, another
/// begins. A run holds one of them in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowGroupSize(NonZeroUsize);

impl RowGroupSize {
    /// 18 MiB: BigQuery advises 16 MiB as the least, and groups end a little below their size.
    pub const DEFAULT: Self = Self(NonZeroUsize::new(18 << 20).expect("18 MiB is not zero"));
    const MIN: usize = 1 << 20;
    const MAX: usize = 1 << 30;

    /// So many bytes.
    ///
    /// # Errors
    /// If it is not from 1 MiB to 1 GiB.
    pub fn new(bytes: usize) -> Result<Self, ConfigError> {
        let size = NonZeroUsize::new(bytes).filter(|_| (Self::MIN..=Self::MAX).contains(&bytes)).map(Self);
        size.ok_or_else(|| ConfigError::Range("a row group has from 1MiB to 1GiB".to_owned()))
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
        let refused = || ConfigError::Range(format!("{text:?} is no size: write it as 16MiB or 100MB"));
        bytes.ok_or_else(refused).and_then(Self::new)
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
    fn a_row_group_is_written_with_its_unit() {
        assert_eq!("18MiB".parse(), Ok(RowGroupSize::DEFAULT));
        assert_eq!("128 MB".parse::<RowGroupSize>().unwrap().bytes(), 128_000_000);
        assert_eq!(RowGroupSize::DEFAULT.to_string(), "18MiB");
        for text in ["", "16", "100000", "1KiB", "2GiB", "0MiB", "99999999999999999999GiB"] {
            assert!(text.parse::<RowGroupSize>().is_err(), "{text}");
        }
    }
}
