//! The kinds of file.

use std::fmt;
use std::str::FromStr;

use super::ConfigError;

/// The kind of file an export makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// JSON, one object a line.
    Ndjson,
    /// Comma-separated values, as RFC 4180 has them.
    Csv,
}

impl Format {
    pub(super) const ALL: [(&'static str, Self); 3] =
        [("parquet", Self::Parquet), ("ndjson", Self::Ndjson), ("csv", Self::Csv)];

    /// Its name, as options and manifests have it.
    pub(crate) fn name(self) -> &'static str {
        &self.ending()[1..]
    }

    /// The ending of its files: `.parquet`, `.ndjson`, `.csv`.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Parquet => ".parquet",
            Self::Ndjson => ".ndjson",
            Self::Csv => ".csv",
        }
    }
}

impl FromStr for Format {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, format)| *format)
            .ok_or_else(|| ConfigError::Format(format!("no such format: {name} (there are parquet, ndjson and csv)")))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
