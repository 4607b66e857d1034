//! The encoding of a file: its format, compression and layout, from the output's name and the options.

use std::path::Path;

use super::{Codec, Compression, ConfigError, Format, Profile, RowGroupSize};

/// How rows are encoded in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Encoding {
    /// The file format.
    pub format: Format,
    /// The compression: by default zstd for Parquet, which compresses internally, and none for text, which is compressed as
    /// a whole.
    pub compression: Compression,
    /// The encodings that Parquet may use: by default portable ones.
    pub profile: Profile,
    /// The size of Parquet's row groups: by default 18 MiB.
    pub row_group: RowGroupSize,
}

impl Encoding {
    /// The defaults of a format.
    #[must_use]
    pub fn new(format: Format) -> Self {
        let compression = format.compression();
        Self { format, compression, profile: Profile::Portable, row_group: RowGroupSize::DEFAULT }
    }

    /// The encoding according to a file's name: `.parquet`; `.ndjson`, `.jsonl` or `.csv`, optionally followed by `.gz` or
    /// `.zst`.
    ///
    /// # Errors
    /// If it has none of these extensions.
    pub fn of(path: &Path) -> Result<Self, ConfigError> {
        let named = Named::of(path);
        // A compressed Parquet file has no such name.
        let format = named.format.filter(|format| format.is_text() || named.codec.is_none());
        let refused = || {
            let endings: Vec<_> = Format::ALL.iter().flat_map(|format| format.endings()).copied().collect();
            ConfigError::Format(format!(
                "cannot tell the format of {} from its name: use --format, or an extension such as {} (text formats also \
                 with .gz or .zst)",
                path.display(),
                endings.join(", ")
            ))
        };
        Self::new(format.ok_or_else(refused)?).compressed(named.codec, None)
    }

    /// The encoding according to the output's name, if any, and the options.
    ///
    /// # Errors
    /// If they are insufficient, contradict each other, or ask for something unsupported.
    pub fn chosen(
        path: Option<&Path>,
        format: Option<Format>,
        codec: Option<Codec>,
        level: Option<u8>,
    ) -> Result<Self, ConfigError> {
        let named = path.map(Named::of).unwrap_or_default();
        if let (Some(said), Some(format)) = (named.format, format)
            && said != format
        {
            return Err(ConfigError::Usage(format!("-o says {said}, but --format says {format}: change one of them")));
        }
        if let (Some(named), Some(codec)) = (named.codec, codec)
            && named != codec
        {
            return Err(ConfigError::Usage(format!(
                "-o says {named}, but --compression says {codec}: change one of them"
            )));
        }
        let encoding = match (format, path) {
            (Some(format), _) if named.codec.is_some() && !format.is_text() => {
                return Err(ConfigError::Usage(format!(
                    "{} files are compressed internally: remove .gz or .zst from the name",
                    format.title()
                )));
            }
            (Some(format), _) => Self::new(format),
            (None, Some(path)) => Self::of(path)?,
            (None, None) => return Err(ConfigError::Format("the format is unknown: use --format".to_owned())),
        };
        encoding.compressed(codec.or(named.codec), level)
    }

    fn compressed(self, codec: Option<Codec>, level: Option<u8>) -> Result<Self, ConfigError> {
        let compression = match (codec, level) {
            (None, None) => self.compression,
            (codec, level) => Compression::new(codec.unwrap_or(self.compression.codec()), level)?,
        };
        let codec = compression.codec();
        if self.format.codecs().contains(&codec) {
            return Ok(Self { compression, ..self });
        }
        let others: Vec<_> = Format::ALL.iter().filter(|format| format.codecs().contains(&codec)).collect();
        let others: Vec<_> = others.iter().map(|format| format.title()).collect();
        let codecs: Vec<_> = self.format.codecs().iter().map(ToString::to_string).collect();
        Err(ConfigError::Usage(format!(
            "{codec} compression is for {} only: use {} for {}",
            others.join(" and "),
            codecs.join(" or "),
            self.format.title()
        )))
    }

    /// All extensions that a file can have.
    pub(crate) fn endings() -> impl Iterator<Item = String> {
        let codecs = Codec::ENDINGS.iter().map(|(_, codec)| *codec).chain([Codec::None]);
        let all = codecs.flat_map(|codec| Format::ALL.map(|format| Self::new(format).compressed(Some(codec), None)));
        all.filter_map(|encoding| Some(encoding.ok()?.ending()))
    }

    /// A file name without the extensions of its format and compression.
    pub(crate) fn stem(name: &str) -> &str {
        let lower = name.to_ascii_lowercase();
        let rest = Codec::ENDINGS.iter().find_map(|(ending, _)| lower.strip_suffix(ending)).unwrap_or(&lower);
        let mut endings = Format::ALL.iter().flat_map(|format| format.endings());
        let rest = endings.find_map(|ending| rest.strip_suffix(ending)).unwrap_or(rest);
        &name[..rest.len()]
    }

    /// The extension of such a file: `.parquet`, `.ndjson.gz` and so on.
    #[must_use]
    pub fn ending(self) -> String {
        let codec = self.compression.codec();
        let whole = Codec::ENDINGS.iter().find(|(_, known)| self.format.is_text() && *known == codec);
        format!("{}{}", self.format.ending(), whole.map_or("", |(ending, _)| ending))
    }

    /// Whether the file is plain text, fit for a terminal.
    pub(crate) fn is_plain_text(self) -> bool {
        self.format.is_text() && self.compression.codec() == Codec::None
    }
}

/// What a file's name says by its extensions.
#[derive(Default)]
pub(crate) struct Named {
    /// The format.
    pub format: Option<Format>,
    /// The codec that compresses the whole file.
    pub codec: Option<Codec>,
}

impl Named {
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let compressed =
            Codec::ENDINGS.iter().find_map(|(ending, codec)| Some((name.strip_suffix(ending)?, Some(*codec))));
        let (rest, codec) = compressed.unwrap_or((&name, None));
        let is = |format: &Format| format.endings().iter().any(|ending| rest.ends_with(ending));
        Self { format: Format::ALL.into_iter().find(is), codec }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<(Format, Codec, String)> {
        let encoding = Encoding::of(Path::new(name)).ok()?;
        Some((encoding.format, encoding.compression.codec(), encoding.ending()))
    }

    #[test]
    fn reads_format_and_compression_from_the_name() {
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
        let zstd = |level| Compression::new(Codec::Zstd, level);
        assert_eq!(chosen("c.parquet", None, None, None), zstd(None));
        assert_eq!(chosen("c.parquet", None, None, Some(9)), zstd(Some(9)));
        assert_eq!(chosen("c.ndjson.zst", None, Some(Codec::Zstd), Some(22)), zstd(Some(22)));
        assert_eq!(chosen("c.ndjson", None, Some(Codec::Zstd), None), zstd(None));
        assert_eq!(chosen("c.dump.zst", Some(Format::Ndjson), None, None), zstd(None));
        for (name, format) in [
            ("c.parquet", Format::Csv),
            ("c.csv", Format::Parquet),
            ("c.JSONL", Format::Csv),
            ("c.csv.gz", Format::Ndjson),
            ("c.parquet.gz", Format::Csv),
            ("c.ndjson.zst", Format::Parquet),
        ] {
            let error = chosen(name, Some(format), None, None).unwrap_err().to_string();
            assert!(error.contains("-o says") && error.contains("--format says"), "{name}: {error}");
        }
        assert!(chosen("c.jsonl", Some(Format::Ndjson), None, None).is_ok());
        assert!(chosen("c.2026-01.dump", Some(Format::Csv), None, None).is_ok());
        for (name, codec, level, says) in [
            ("c.ndjson.gz", Some(Codec::Zstd), None, "-o says gzip"),
            ("c.ndjson", Some(Codec::Snappy), None, "for Parquet only"),
            ("c.ndjson", None, Some(3), "no compression levels"),
            ("c.parquet", None, Some(23), "1 to 22"),
            ("c.parquet", Some(Codec::Lz4), Some(1), "no compression levels"),
            ("c.ndjson.gz", None, Some(10), "1 to 9"),
            ("c.parquet.gz", None, None, "such as .parquet"),
        ] {
            let error = chosen(name, None, codec, level).unwrap_err().to_string();
            assert!(error.contains(says), "{name}: {error}");
        }
    }
}
