//! The kinds of file.

use std::fmt;

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
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Parquet, Self::Ndjson, Self::Csv];

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

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.ending()[1..])
    }
}
