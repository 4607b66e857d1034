//! The encoding of a file, from its name and the options.

use std::path::Path;

use super::{Codec, Compression, ConfigError, Format, Profile, RowGroupSize};

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
                "cannot tell the format of {} from its name: use --format, or an extension such as .parquet, .ndjson, \
                 .jsonl or .csv (the last three also with .gz or .zst)",
                path.display()
            ))
        };
        Self::new(format.ok_or_else(refused)?).compressed(codec, None)
    }

    /// The encoding from a file name, if any, and options.
    ///
    /// # Errors
    /// If they are not sufficient, conflict, or request an unsupported combination.
    pub fn chosen(
        path: Option<&Path>,
        format: Option<Format>,
        codec: Option<Codec>,
        level: Option<u8>,
    ) -> Result<Self, ConfigError> {
        let named = path.map(endings).unwrap_or_default().1;
        if let (Some(said), Some(format)) = (path.and_then(format_said), format)
            && said != format
        {
            return Err(ConfigError::Usage(format!("-o says {said}, but --format says {format}: change one of them")));
        }
        if let (Some(named), Some(codec)) = (named, codec)
            && named != codec
        {
            return Err(ConfigError::Usage(format!(
                "-o says {named}, but --compression says {codec}: change one of them"
            )));
        }
        let encoding = match (format, path) {
            (Some(Format::Parquet), _) if named.is_some() => {
                return Err(ConfigError::Usage(
                    "Parquet files are compressed internally: remove .gz or .zst from the name".to_owned(),
                ));
            }
            (Some(format), _) => Self::new(format),
            (None, Some(path)) => Self::of(path)?,
            (None, None) => return Err(ConfigError::Format("the format is unknown: use --format".to_owned())),
        };
        encoding.compressed(codec.or(named), level)
    }

    fn compressed(self, codec: Option<Codec>, level: Option<u8>) -> Result<Self, ConfigError> {
        let compression = match (codec, level) {
            (None, None) => self.compression,
            (codec, level) => Compression::new(codec.unwrap_or(self.compression.codec()), level)?,
        };
        match compression.codec() {
            Codec::Snappy | Codec::Lz4 if self.format != Format::Parquet => Err(ConfigError::Usage(format!(
                "{1} compression is for Parquet only: use gzip, zstd or none for {0}",
                self.format,
                compression.codec()
            ))),
            _ => Ok(Self { compression, ..self }),
        }
    }

    /// Every ending that a file can have.
    pub(crate) fn endings() -> impl Iterator<Item = String> {
        let codecs = Codec::ENDINGS.iter().map(|(_, codec)| *codec).chain([Codec::None]);
        let all = codecs.flat_map(|codec| Format::ALL.map(|format| Self::new(format).compressed(Some(codec), None)));
        all.filter_map(|encoding| Some(encoding.ok()?.ending()))
    }

    /// A name without the endings that say what kind of file it is.
    pub(crate) fn stem(name: &str) -> &str {
        let lower = name.to_ascii_lowercase();
        let codec =
            Codec::ENDINGS.iter().find(|(ending, _)| lower.ends_with(ending)).map_or(0, |(ending, _)| ending.len());
        let lower = &lower[..lower.len() - codec];
        let format = [".parquet", ".ndjson", ".jsonl", ".csv"].iter().find(|ending| lower.ends_with(*ending));
        &name[..lower.len() - format.map_or(0, |ending| ending.len())]
    }

    /// The ending of a file of this kind: `.parquet`, `.ndjson.gz` and so on.
    #[must_use]
    pub fn ending(self) -> String {
        let whole = Codec::ENDINGS
            .iter()
            .find(|(_, codec)| self.format != Format::Parquet && *codec == self.compression.codec());
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

/// The format that a name's endings say, even one that cannot be compressed in that way.
fn format_said(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let rest = Codec::ENDINGS.iter().find_map(|(ending, _)| name.strip_suffix(ending)).unwrap_or(&name);
    endings(Path::new(rest)).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<(Format, Codec, String)> {
        let encoding = Encoding::of(Path::new(name)).ok()?;
        Some((encoding.format, encoding.compression.codec(), encoding.ending()))
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
