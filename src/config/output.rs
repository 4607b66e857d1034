//! Where an export goes, and how its files are called.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{ConfigError, Encoding};

/// Where an export goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// A file, which appears under its name when it is whole.
    File(PathBuf),
    /// A folder of files, which is replaced as a whole.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Its part that is replaced, as Hive names them: `DIR/key=value/`. The others stay.
        partition: Option<Partition>,
    },
    /// Standard output.
    Stdout,
}

impl Output {
    /// The file or the folder that is replaced.
    #[must_use]
    pub fn target(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) | Self::Folder { path, partition: None } => Some(path.clone()),
            Self::Folder { path, partition: Some(partition) } => Some(path.join(partition.to_string())),
            Self::Stdout => None,
        }
    }
}

impl Output {
    /// The partition that is replaced, if it is one.
    #[must_use]
    pub fn partition(&self) -> Option<&Partition> {
        match self {
            Self::Folder { partition, .. } => partition.as_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.target() {
            Some(path) => path.display().fmt(f),
            None => f.write_str("standard output"),
        }
    }
}

/// A partition as Hive has them: a key and a value, which stand in the folder's name.
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
                "{text:?} is no partition: write it as run_date=2026-01-31. A key has letters, digits and _, a value . \
                 and - too"
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

/// One file of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutFile {
    /// Contacts: the file itself, or a part of a folder, from 0.
    Part(u32),
    /// Their owners, in a table of their own.
    Owners,
}

impl OutFile {
    /// Its name in the folder that is replaced.
    pub fn in_folder(self, encoding: Encoding) -> String {
        let ending = encoding.ending();
        match self {
            Self::Part(number) => format!("part-{number:05}{ending}"),
            // Readers of the folder pass by what begins with an underscore.
            Self::Owners => format!("_owners/owners{ending}"),
        }
    }

    /// Where it stands when the contacts are the file `target`.
    pub fn beside(self, target: &Path, encoding: Encoding) -> PathBuf {
        match self {
            Self::Part(_) => target.to_owned(),
            Self::Owners => owners_beside(target, &encoding.ending()),
        }
    }

    /// Wherever owners may stand beside the file `target`, whatever kind of file it is.
    pub fn owners_of(target: &Path) -> impl Iterator<Item = PathBuf> {
        Encoding::endings().map(|ending| owners_beside(target, &ending))
    }
}

fn owners_beside(target: &Path, ending: &str) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    // Endings that say a format alone: what else stands behind a dot tells one export from the next.
    let stem = name.strip_suffix(ending).unwrap_or_else(|| Encoding::stem(&name));
    target.with_file_name(format!("{stem}.owners{ending}"))
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
    fn owners_stand_beside_their_contacts() {
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
        assert_eq!(OutFile::Part(7).in_folder(lines), "part-00007.ndjson.gz");
    }
}
