//! Where an export goes, and the names of its files.

use std::fmt;
use std::path::{Path, PathBuf, is_separator};
use std::str::FromStr;

use super::{ConfigError, Encoding};
use crate::naming::{self, DirectoryNames, FileNames};
use crate::storage::{ObjectUrl, is_like_a_url};
use crate::text::sanitize::without_credentials;

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
    /// An object in a store, or a directory of objects.
    Object {
        /// Its URL.
        url: ObjectUrl,
        /// The Hive partition to replace in a directory; other partitions are kept.
        partition: Option<Partition>,
        /// Names the part files of this run, so that they do not replace those of the run before.
        run: RunId,
    },
    /// A URL that no output can have, so the export refuses it. Credentials in it are left out.
    Url(String),
}

/// Identifies a run to an object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunId(u64);

impl RunId {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self(fastrand::u64(..))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Output {
    /// The output that a command line names: `-`, `DIR/`, a URL, or a file.
    #[must_use]
    pub fn named(path: PathBuf, partition: Option<Partition>) -> Self {
        if path.as_os_str() == "-" {
            Self::Stdout
        } else if let Some(text) = path.to_str().filter(|text| is_like_a_url(text)) {
            match ObjectUrl::parse(text) {
                Ok(url) => Self::Object { url, partition, run: RunId::random() },
                Err(_) => Self::Url(without_credentials(text)),
            }
        } else if is_named_as_directory(&path) {
            Self::Folder { path, partition }
        } else {
            Self::File(path)
        }
    }

    /// Why a URL cannot be an output, and the right form.
    pub(crate) fn objection(&self) -> Option<String> {
        match self {
            Self::Url(text) => {
                let reason = ObjectUrl::parse(text).err().unwrap_or_else(|| "it contains credentials".to_owned());
                Some(format!("{text} cannot be the output: {reason}"))
            }
            _ => None,
        }
    }

    /// Gives the part files of the next run other names.
    pub(crate) fn begin_run(&mut self) {
        if let Self::Object { run, .. } = self {
            *run = RunId::random();
        }
    }

    /// The file, directory or URL, without the partition.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Folder { path, .. } => Some(path),
            Self::Object { url, .. } => Some(url.as_path()),
            Self::Stdout | Self::Url(_) => None,
        }
    }

    /// The file, directory or URL that is replaced.
    #[must_use]
    pub fn target(&self) -> Option<PathBuf> {
        let path = self.path()?;
        Some(self.partition().map_or_else(|| path.to_owned(), |partition| path.join(partition.to_string())))
    }

    /// The partition that is replaced, if any.
    #[must_use]
    pub fn partition(&self) -> Option<&Partition> {
        match self {
            Self::Folder { partition, .. } | Self::Object { partition, .. } => partition.as_ref(),
            _ => None,
        }
    }

    /// Whether the output has files with names, in the file system or in a store.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.path().is_some()
    }

    /// Whether the output is in an object store.
    #[must_use]
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object { .. })
    }

    /// Whether the output is a directory of part files.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        match self {
            Self::Folder { .. } => true,
            Self::Object { url, .. } => url.is_directory(),
            _ => false,
        }
    }

    /// The file, whose name's ending may tell the format.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Object { url, .. } if !url.is_directory() => Some(url.as_path()),
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
        if self.is_directory() { target.join(self.in_directory(file, encoding)) } else { file.beside(target, encoding) }
    }

    /// The name of a file in a directory. Objects cannot be renamed, so that each run gives other names.
    fn in_directory(&self, file: OutFile, encoding: Encoding) -> String {
        match self {
            Self::Object { run, .. } => file.of_run(*run, encoding),
            _ => file.in_directory(encoding),
        }
    }

    /// The name of a file in the manifest. It contains no parent directories, which may identify the machine.
    pub(crate) fn name_of(&self, file: OutFile, encoding: Encoding) -> Option<String> {
        if self.is_directory() {
            return Some(self.in_directory(file, encoding));
        }
        Some(file.beside(self.path()?, encoding).file_name()?.to_string_lossy().into_owned())
    }
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

    /// Its name in an output directory of this run.
    fn of_run(self, run: RunId, encoding: Encoding) -> String {
        let ending = format!("-{run}{}", encoding.ending());
        match self {
            Self::Part(number) => naming::part(number, &ending),
            Self::Owners => naming::owners_in_directory(&ending),
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
        for url in ["s3://bucket/c.csv", "gs://bucket/out/"] {
            let output = named(url);
            assert!(output.is_object() && output.is_named() && output.objection().is_none());
            assert_eq!(output.is_directory(), url.ends_with('/'));
            assert_eq!(output.to_string(), url);
        }
        for url in ["s3+x.y-z://", "file:///c", "s3:/bucket/c", "s3://bucket"] {
            assert_eq!(named(url), Output::Url(url.to_owned()));
            assert!(named(url).target().is_none() && named(url).objection().unwrap().contains(url));
        }
        let secret = named("s3://key:geheim@bucket/c.csv");
        assert!(!secret.to_string().contains("geheim") && secret.objection().unwrap().contains("credentials"));
    }

    #[test]
    fn part_files_in_a_store_are_named_after_their_run() {
        let parquet = Encoding::new(Format::Parquet);
        let mut output = Output::named("s3://bucket/out/".into(), Some("day=1".parse().unwrap()));
        let Output::Object { run, .. } = output else { panic!("{output}") };
        let target = output.target().unwrap();
        assert_eq!(target, Path::new("s3://bucket/out/day=1"));
        let part = output.path_at(&target, OutFile::Part(3), parquet);
        assert_eq!(part, PathBuf::from(format!("s3://bucket/out/day=1/part-00003-{run}.parquet")));
        assert_eq!(output.name_of(OutFile::Owners, parquet), Some(format!("_owners/owners-{run}.parquet")));
        output.begin_run();
        assert_ne!(output.path_at(&target, OutFile::Part(3), parquet), part);
    }
}
