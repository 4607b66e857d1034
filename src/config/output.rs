//! Where an export goes, and the names of its files.

use std::fmt;
use std::path::{Path, PathBuf, is_separator};
use std::str::FromStr;

use super::{ConfigError, Encoding};
use crate::naming::{self, DirectoryNames, FileNames};

/// Where an export goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// A file, written atomically.
    File(PathBuf),
    /// A directory of part files, replaced atomically.
    Folder {
        /// The directory.
        path: PathBuf,
        /// The Hive partition to replace, `DIR/key=value/`; other partitions are kept.
        partition: Option<Partition>,
    },
    /// Standard output.
    Stdout,
    /// A URL such as `s3://bucket/contacts.parquet`. No scheme is supported yet, so the export refuses it.
    Url(String),
}

impl Output {
    /// The output that a command line names: `-`, `DIR/`, a URL, or a file.
    #[must_use]
    pub fn named(path: PathBuf, partition: Option<Partition>) -> Self {
        if path.as_os_str() == "-" {
            Self::Stdout
        } else if let Some(url) = path.to_str().filter(|text| scheme(text).is_some()) {
            Self::Url(url.to_owned())
        } else if is_named_as_directory(&path) {
            Self::Folder { path, partition }
        } else {
            Self::File(path)
        }
    }

    /// The file or directory, without the partition.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Folder { path, .. } => Some(path),
            Self::Stdout | Self::Url(_) => None,
        }
    }

    /// The file or the directory that is replaced.
    #[must_use]
    pub fn target(&self) -> Option<PathBuf> {
        let path = self.path()?;
        Some(self.partition().map_or_else(|| path.to_owned(), |partition| path.join(partition.to_string())))
    }

    /// The partition that is replaced, if any.
    #[must_use]
    pub fn partition(&self) -> Option<&Partition> {
        match self {
            Self::Folder { partition, .. } => partition.as_ref(),
            _ => None,
        }
    }

    /// Whether the output is a path of the file system.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.path().is_some()
    }

    /// Whether the output is a directory of part files.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Folder { .. })
    }

    /// The file, whose name's ending may tell the format.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Url(url) if !url.ends_with('/') => Some(Path::new(url)),
            _ => None,
        }
    }

    /// The part of a URL before `://`.
    pub(crate) fn scheme(&self) -> Option<&str> {
        match self {
            Self::Url(url) => scheme(url),
            _ => None,
        }
    }

    /// Where the manifest of an earlier export to this output is.
    pub(crate) fn manifest_path(&self) -> Option<PathBuf> {
        let target = self.target()?;
        if self.is_directory() {
            Some(DirectoryNames::of(&target).ok()?.manifest)
        } else {
            Some(FileNames::of(&target).ok()?.manifest)
        }
    }

    /// Where the owners go if they are a table of their own.
    pub(crate) fn owners_path(&self, encoding: Encoding) -> Option<PathBuf> {
        Some(self.path_at(&self.target()?, OutFile::Owners, encoding))
    }

    /// Where a file goes if the output is at `target`.
    pub(crate) fn path_at(&self, target: &Path, file: OutFile, encoding: Encoding) -> PathBuf {
        if self.is_directory() { target.join(file.in_directory(encoding)) } else { file.beside(target, encoding) }
    }

    /// The name of a file in the manifest. It contains no parent directories, which may identify the machine.
    pub(crate) fn name_of(&self, file: OutFile, encoding: Encoding) -> Option<String> {
        if self.is_directory() {
            return Some(file.in_directory(encoding));
        }
        Some(file.beside(self.path()?, encoding).file_name()?.to_string_lossy().into_owned())
    }
}

/// The scheme of a URL with an authority: `s3` of `s3://…`.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let is_valid = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_valid.then_some(scheme)
}

/// Whether a path ends as only directories do: with a slash, or with a slash and a dot.
fn is_named_as_directory(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.strip_suffix('.').filter(|rest| !rest.is_empty()).unwrap_or(&text).ends_with(is_separator)
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::Url(url) => f.write_str(url),
            _ => self.target().unwrap_or_default().display().fmt(f),
        }
    }
}

/// A Hive partition: a key and a value, which form the name of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    key: String,
    value: String,
}

impl Partition {
    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl FromStr for Partition {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let pair = text.split_once('=').filter(|(key, value)| {
            key.bytes().all(plain)
                && key.bytes().next().is_some_and(|first| !first.is_ascii_digit())
                && !value.is_empty()
                && value.bytes().all(|byte| plain(byte) || b".-".contains(&byte))
        });
        let refused = || {
            ConfigError::Usage(format!(
                "invalid partition {text:?}: expected KEY=VALUE, such as run_date=2026-01-31; keys may contain letters, \
                 digits and _; values also . and -"
            ))
        };
        let (key, value) = pair.ok_or_else(refused)?;
        Ok(Self { key: key.to_owned(), value: value.to_owned() })
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// A file of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutFile {
    /// Contacts: the file itself, or a part file, counted from 0.
    Part(u32),
    /// Their owners, as a table of their own.
    Owners,
}

impl OutFile {
    /// Its name in an output directory.
    pub fn in_directory(self, encoding: Encoding) -> String {
        match self {
            Self::Part(number) => naming::part(number, &encoding.ending()),
            Self::Owners => naming::owners_in_directory(&encoding.ending()),
        }
    }

    /// Its path if the contacts are the file `target`.
    pub fn beside(self, target: &Path, encoding: Encoding) -> PathBuf {
        match self {
            Self::Part(_) => target.to_owned(),
            Self::Owners => owners_beside(target, &encoding.ending()),
        }
    }

    /// All paths that owners may have next to the file `target`, one for each kind of file.
    pub fn owners_of(target: &Path) -> impl Iterator<Item = PathBuf> {
        Encoding::endings().map(|ending| owners_beside(target, &ending))
    }
}

fn owners_beside(target: &Path, ending: &str) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    // Only endings that tell the format are dropped: others may distinguish exports.
    let stem = name.strip_suffix(ending).unwrap_or_else(|| Encoding::stem(&name));
    target.with_file_name(naming::owners_beside(stem, ending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Format;

    #[test]
    fn a_partition_is_a_key_and_a_value() {
        let partition: Partition = "run_date=2026-01-31".parse().unwrap();
        assert_eq!((partition.key(), partition.value()), ("run_date", "2026-01-31"));
        let output = Output::Folder { path: "out".into(), partition: Some(partition) };
        assert_eq!(output.target().unwrap(), Path::new("out/run_date=2026-01-31"));
        for text in ["", "a", "=b", "a=", "1a=b", "a=b/c", "a=..\\", "a b=c", "a=b=c"] {
            assert!(text.parse::<Partition>().is_err(), "{text}");
        }
    }

    #[test]
    fn owners_are_named_after_their_contacts() {
        let beside = |name: &str, encoding| OutFile::Owners.beside(Path::new(name), encoding);
        let parquet = Encoding::new(Format::Parquet);
        assert_eq!(beside("a/contacts.parquet", parquet), Path::new("a/contacts.owners.parquet"));
        assert_eq!(beside("dump", parquet), Path::new("dump.owners.parquet"));
        assert_eq!(beside("dump.2026-01", parquet), Path::new("dump.2026-01.owners.parquet"));
        assert_eq!(beside("dump.CSV.zst", parquet), Path::new("dump.owners.parquet"));
        let lines = Encoding::of(Path::new("c.ndjson.gz")).unwrap();
        assert_eq!(beside("c.v1.ndjson.gz", lines), Path::new("c.v1.owners.ndjson.gz"));
        assert_eq!(beside("c.jsonl.gz", lines), Path::new("c.owners.ndjson.gz"));
        let anywhere: Vec<_> = OutFile::owners_of(Path::new("a/c.v1.csv.zst")).collect();
        for name in ["a/c.v1.owners.csv.zst", "a/c.v1.owners.parquet", "a/c.v1.owners.csv.gz"] {
            assert!(anywhere.contains(&name.into()), "{name}: {anywhere:?}");
        }
        assert_eq!(OutFile::Part(7).in_directory(lines), "part-00007.ndjson.gz");
    }

    #[test]
    fn a_path_names_a_file_a_directory_or_a_url() {
        let named = |path: &str| Output::named(path.into(), None);
        assert_eq!(named("-"), Output::Stdout);
        for path in ["out/", "./", "out/.", "/"] {
            assert_eq!(named(path), Output::Folder { path: path.into(), partition: None });
        }
        for path in ["c.csv", ".", "a:b", "3d://c", "://c", "./s3://c", "é://c"] {
            assert_eq!(named(path), Output::File(path.into()));
        }
        for url in ["s3://bucket/c.csv", "gs://bucket/out/", "s3+x.y-z://", "file:///c"] {
            assert_eq!(named(url), Output::Url(url.to_owned()));
            assert!(!named(url).is_local() && named(url).target().is_none());
        }
    }
}
