//! Compression codecs and their levels.

use std::fmt;
use std::ops::RangeInclusive;

use super::ConfigError;

/// A compression codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// No compression.
    None,
    /// Snappy; Parquet only.
    Snappy,
    /// Gzip, levels 1 to 9.
    Gzip,
    /// Zstandard, levels 1 to 22.
    Zstd,
    /// LZ4 without frames, which Parquet calls `LZ4_RAW`; Parquet only.
    Lz4,
}

impl Codec {
    /// All codecs.
    pub const ALL: [Self; 5] = [Self::Zstd, Self::Snappy, Self::Gzip, Self::Lz4, Self::None];
    /// The file name extensions of compressed text files.
    pub(super) const ENDINGS: [(&'static str, Self); 2] = [(".gz", Self::Gzip), (".zst", Self::Zstd)];

    /// Its name in options and manifests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Snappy => "snappy",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        }
    }

    /// Its levels, from the fastest to the smallest output.
    fn levels(self) -> Option<RangeInclusive<u8>> {
        match self {
            Self::None | Self::Snappy | Self::Lz4 => None,
            Self::Gzip => Some(1..=9),
            Self::Zstd => Some(1..=22),
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A codec and its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression {
    codec: Codec,
    level: Option<u8>,
}

impl Compression {
    /// No compression.
    pub const NONE: Self = Self { codec: Codec::None, level: None };
    /// The default of Parquet: zstd, at a level chosen per column.
    pub const PARQUET: Self = Self { codec: Codec::Zstd, level: None };

    /// A codec at a level, or at its default level.
    ///
    /// # Errors
    /// If the codec does not have this level, or has no levels.
    pub fn new(codec: Codec, level: Option<u8>) -> Result<Self, ConfigError> {
        match (codec.levels(), level) {
            (None, Some(_)) => {
                Err(ConfigError::Range(format!("{codec} has no compression levels: remove --compression-level")))
            }
            (Some(levels), Some(level)) if !levels.contains(&level) => Err(ConfigError::Range(format!(
                "{codec} has no level {level}; its levels are {} to {}",
                levels.start(),
                levels.end()
            ))),
            _ => Ok(Self { codec, level }),
        }
    }

    /// The codec.
    #[must_use]
    pub fn codec(self) -> Codec {
        self.codec
    }

    /// The level, if one was requested.
    #[must_use]
    pub fn level(self) -> Option<u8> {
        self.level
    }
}
