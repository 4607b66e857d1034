//! What kind of file an export makes, and how it is compressed.
//!
//! Names, levels and endings come in; an [`Encoding`] that an encoder can follow goes out, or why there is none.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::Path;
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
    const ALL: [(&'static str, Self); 3] = [("parquet", Self::Parquet), ("ndjson", Self::Ndjson), ("csv", Self::Csv)];

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
        f.write_str(&self.ending()[1..])
    }
}

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
    const ENDINGS: [(&'static str, Self); 2] = [(".gz", Self::Gzip), (".zst", Self::Zstd)];

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
        let name = Self::ALL.iter().find(|(_, codec)| codec == self).map_or("", |(name, _)| name);
        f.write_str(name)
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

/// How rows become the bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Encoding {
    /// The kind of file.
    pub format: Format,
    /// How it is compressed: Parquet within the file, the others as a whole. Parquet by zstd, the others not at all, by
    /// default.
    pub compression: Compression,
    /// Which encodings Parquet may use: portable ones, by default.
    pub profile: Profile,
    /// The size of Parquet's row groups: 18 MiB, by default.
    pub row_group: RowGroupSize,
}

impl Encoding {
    /// The defaults of a format.
    #[must_use]
    pub fn new(format: Format) -> Self {
        let compression = if format == Format::Parquet { Compression::PARQUET } else { Compression::NONE };
        Self { format, compression, profile: Profile::Portable, row_group: RowGroupSize::DEFAULT }
    }

    /// The encoding that a file's name says by its endings: `.parquet`; `.ndjson`, `.jsonl` or `.csv`, and `.gz` or `.zst`
    /// behind that.
    ///
    /// # Errors
    /// If it has none of these endings.
    pub fn of(path: &Path) -> Result<Self, ConfigError> {
        let (format, codec) = endings(path);
        let refused = || {
            ConfigError::Format(format!(
                "the name {} ends in neither .parquet, .ndjson, .jsonl nor .csv (nor .gz or .zst behind one of the last \
                 three): say the format with --format",
                path.display()
            ))
        };
        Self::new(format.ok_or_else(refused)?).compressed(codec, None)
    }

    /// The encoding that a name, if there is one, and options say together.
    ///
    /// # Errors
    /// If they say too little, contradict each other, or ask for what there is not.
    pub fn chosen(
        path: Option<&Path>,
        format: Option<Format>,
        codec: Option<Codec>,
        level: Option<u8>,
    ) -> Result<Self, ConfigError> {
        let named = path.map(endings).unwrap_or_default().1;
        if let (Some(named), Some(codec)) = (named, codec)
            && named != codec
        {
            return Err(ConfigError::Usage(format!("the name says {named}, and --compression says {codec}")));
        }
        let encoding = match (format, path) {
            (Some(format), _) => Self::new(format),
            (None, Some(path)) => Self::of(path)?,
            (None, None) => return Err(ConfigError::Format("say the format with --format".to_owned())),
        };
        encoding.compressed(codec.or(named), level)
    }

    fn compressed(self, codec: Option<Codec>, level: Option<u8>) -> Result<Self, ConfigError> {
        let compression = match (codec, level) {
            (None, None) => self.compression,
            (codec, level) => Compression::new(codec.unwrap_or(self.compression.codec), level)?,
        };
        match compression.codec {
            Codec::Snappy | Codec::Lz4 if self.format != Format::Parquet => Err(ConfigError::Usage(format!(
                "{} is compressed by gzip or zstd, or not at all: {} is Parquet's",
                self.format, compression.codec
            ))),
            _ => Ok(Self { compression, ..self }),
        }
    }

    /// Every ending that a file can have.
    pub(crate) fn endings() -> impl Iterator<Item = String> {
        let codecs = Codec::ENDINGS.iter().map(|(_, codec)| *codec).chain([Codec::None]);
        let all =
            codecs.flat_map(|codec| Format::ALL.map(|(_, format)| Self::new(format).compressed(Some(codec), None)));
        all.filter_map(|encoding| Some(encoding.ok()?.ending()))
    }

    /// The ending of a file of this kind: `.parquet`, `.ndjson.gz` and so on.
    #[must_use]
    pub fn ending(self) -> String {
        let whole =
            Codec::ENDINGS.iter().find(|(_, codec)| self.format != Format::Parquet && *codec == self.compression.codec);
        format!("{}{}", self.format.ending(), whole.map_or("", |(ending, _)| ending))
    }
}

/// The format and the compression that a name's endings say.
fn endings(path: &Path) -> (Option<Format>, Option<Codec>) {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let compressed =
        Codec::ENDINGS.iter().find_map(|(ending, codec)| name.strip_suffix(ending).map(|rest| (rest, *codec)));
    let (rest, codec) = compressed.map_or((name.as_str(), None), |(rest, codec)| (rest, Some(codec)));
    let format = match rest.rsplit_once('.').map(|(_, ending)| ending) {
        Some("parquet") if codec.is_none() => Some(Format::Parquet),
        Some("ndjson" | "jsonl") => Some(Format::Ndjson),
        Some("csv") => Some(Format::Csv),
        _ => None,
    };
    (format, codec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<(Format, Codec, String)> {
        let encoding = Encoding::of(Path::new(name)).ok()?;
        Some((encoding.format, encoding.compression.codec, encoding.ending()))
    }

    #[test]
    fn endings_say_format_and_compression() {
        assert_eq!(of("a/c.parquet"), Some((Format::Parquet, Codec::Zstd, ".parquet".into())));
        assert_eq!(of("c.JSONL"), Some((Format::Ndjson, Codec::None, ".ndjson".into())));
        assert_eq!(of("c.ndjson.gz"), Some((Format::Ndjson, Codec::Gzip, ".ndjson.gz".into())));
        assert_eq!(of("c.v1.csv.zst"), Some((Format::Csv, Codec::Zstd, ".csv.zst".into())));
        for name in ["c", "c.txt", "parquet", "c.parquet.gz", "c.gz", "ndjson.gz"] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn options_and_names_must_agree() {
        let chosen = |name: &str, format: Option<Format>, codec, level| {
            Encoding::chosen(Some(Path::new(name)), format, codec, level).map(|encoding| encoding.compression)
        };
        let zstd = |level| Ok(Compression { codec: Codec::Zstd, level });
        assert_eq!(chosen("c.parquet", None, None, None), zstd(None));
        assert_eq!(chosen("c.parquet", None, None, Some(9)), zstd(Some(9)));
        assert_eq!(chosen("c.ndjson.zst", None, Some(Codec::Zstd), Some(22)), zstd(Some(22)));
        assert_eq!(chosen("c.ndjson", None, Some(Codec::Zstd), None), zstd(None));
        assert_eq!(chosen("c.dump.zst", Some(Format::Ndjson), None, None), zstd(None));
        for (name, codec, level, says) in [
            ("c.ndjson.gz", Some(Codec::Zstd), None, "the name says gzip"),
            ("c.ndjson", Some(Codec::Snappy), None, "Parquet's"),
            ("c.ndjson", None, Some(3), "no levels"),
            ("c.parquet", None, Some(23), "1 to 22"),
            ("c.parquet", Some(Codec::Lz4), Some(1), "no levels"),
            ("c.ndjson.gz", None, Some(10), "1 to 9"),
        ] {
            let error = chosen(name, None, codec, level).unwrap_err().to_string();
            assert!(error.contains(says), "{name}: {error}");
        }
    }

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
