//! How files are compressed: codecs and their levels.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::ConfigError;

/// How bytes are made fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// Not at all.
    None,
    /// Snappy; Parquet alone.
    Snappy,
    /// Gzip, levels 1 to 9.
    Gzip,
    /// Zstandard, levels 1 to 22.
    Zstd,
    /// LZ4 without a frame, which Parquet calls `LZ4_RAW`; Parquet alone.
    Lz4,
}

impl Codec {
    const ALL: [(&'static str, Self); 5] = [
        ("none", Self::None),
        ("snappy", Self::Snappy),
        ("gzip", Self::Gzip),
        ("zstd", Self::Zstd),
        ("lz4", Self::Lz4),
    ];
    /// The endings that say how a file of text is compressed.
    pub(super) const ENDINGS: [(&'static str, Self); 2] = [(".gz", Self::Gzip), (".zst", Self::Zstd)];

    /// Its name, as options and manifests have it.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, codec)| *codec == self).map_or("", |(name, _)| name)
    }

    /// The levels it knows, from the fastest to the smallest.
    fn levels(self) -> Option<RangeInclusive<u8>> {
        match self {
            Self::None | Self::Snappy | Self::Lz4 => None,
            Self::Gzip => Some(1..=9),
            Self::Zstd => Some(1..=22),
        }
    }
}

impl FromStr for Codec {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, codec)| *codec).ok_or_else(|| {
            ConfigError::Format(format!("no such compression: {name} (there are none, snappy, gzip, zstd and lz4)"))
        })
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A codec, and how hard it tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression {
    codec: Codec,
    level: Option<u8>,
}

impl Compression {
    /// No compression.
    pub const NONE: Self = Self { codec: Codec::None, level: None };
    /// What Parquet is compressed with unless told otherwise: zstd, each column at a level that suits it.
    pub const PARQUET: Self = Self { codec: Codec::Zstd, level: None };

    /// A codec at a level, or at levels that suit what is compressed.
    ///
    /// # Errors
    /// If the codec has no such level, or none at all.
    pub fn new(codec: Codec, level: Option<u8>) -> Result<Self, ConfigError> {
        match (codec.levels(), level) {
            (None, Some(_)) => {
                Err(ConfigError::Range(format!("the compression {codec} has no levels: leave out --compression-level")))
            }
            (Some(levels), Some(level)) if !levels.contains(&level) => Err(ConfigError::Range(format!(
                "{codec} has no level {level}: it has {} to {}",
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

    /// The level, where one was asked for.
    #[must_use]
    pub fn level(self) -> Option<u8> {
        self.level
    }
}
