//! File formats: every fact about each of them that is not code.
//!
//! A new format is a variant and its facts here, a module in `format`, and its registration there.

use std::fmt;

use super::{Codec, Compression};

/// The file format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// One JSON object per line.
    Ndjson,
    /// Comma-separated values according to RFC 4180.
    Csv,
}

/// What a row is.
#[derive(Debug, PartialEq, Eq)]
enum Rows {
    /// A JSON object, which is what `--raw` writes.
    Json,
    /// Values and structs.
    Nested,
    /// Values only.
    Flat,
}

/// The facts about a format.
#[derive(Debug)]
struct Facts {
    /// Its name in options and manifests.
    name: &'static str,
    /// Its name in messages.
    title: &'static str,
    /// Its file name extensions: the first is written, all are recognized.
    extensions: &'static [&'static str],
    /// Whether it is text, which is compressed as a whole. Other formats compress internally.
    is_text: bool,
    rows: Rows,
    /// Whether it has row groups and encoding profiles.
    has_row_groups: bool,
    codecs: &'static [Codec],
    compression: Compression,
}

const PARQUET: Facts = Facts {
    name: "parquet",
    title: "Parquet",
    extensions: &[".parquet"],
    is_text: false,
    rows: Rows::Nested,
    has_row_groups: true,
    codecs: &[Codec::Zstd, Codec::Snappy, Codec::Gzip, Codec::Lz4, Codec::None],
    compression: Compression::PARQUET,
};

const NDJSON: Facts = Facts {
    name: "ndjson",
    title: "NDJSON",
    extensions: &[".ndjson", ".jsonl"],
    is_text: true,
    rows: Rows::Json,
    has_row_groups: false,
    codecs: &[Codec::Gzip, Codec::Zstd, Codec::None],
    compression: Compression::NONE,
};

const CSV: Facts = Facts { name: "csv", title: "CSV", extensions: &[".csv"], rows: Rows::Flat, ..NDJSON };

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Parquet, Self::Ndjson, Self::Csv];
    /// The default format, unless the output's name says another.
    pub const DEFAULT: Self = Self::Parquet;

    const fn facts(self) -> &'static Facts {
        match self {
            Self::Parquet => &PARQUET,
            Self::Ndjson => &NDJSON,
            Self::Csv => &CSV,
        }
    }

    /// Its name in options and manifests.
    pub(crate) const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Its name in messages.
    pub(crate) const fn title(self) -> &'static str {
        self.facts().title
    }

    /// The extension of its files: `.parquet`, `.ndjson`, `.csv`.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        self.facts().extensions[0]
    }

    /// The extensions by which its files are recognized.
    pub(super) const fn endings(self) -> &'static [&'static str] {
        self.facts().extensions
    }

    /// Whether it is text, which is compressed as a whole. Other formats compress internally.
    #[must_use]
    pub const fn is_text(self) -> bool {
        self.facts().is_text
    }

    /// Whether a row is a JSON object.
    pub(crate) fn is_json(self) -> bool {
        self.facts().rows == Rows::Json
    }

    /// Whether a value can be a struct.
    pub(crate) fn nests(self) -> bool {
        self.facts().rows != Rows::Flat
    }

    /// Whether it has row groups and encoding profiles.
    pub(crate) const fn has_row_groups(self) -> bool {
        self.facts().has_row_groups
    }

    /// The codecs that it supports.
    pub(super) const fn codecs(self) -> &'static [Codec] {
        self.facts().codecs
    }

    /// Its default compression.
    pub(super) const fn compression(self) -> Compression {
        self.facts().compression
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
