//! Which directories an export may replace: those that contain nothing but the files of an earlier export.

use std::io;
use std::path::{Path, PathBuf};

use super::error::DestinationError;
use crate::config::Partition;
use crate::manifest::{self, FileRecord, Listing};
use crate::naming::{self, DirectoryNames};
use crate::storage::{self, Entry};

const MANIFEST: &str = DirectoryNames::MANIFEST;

/// Why an export must not replace a directory, if there is a reason.
pub(super) fn objection(directory: &Path) -> io::Result<Option<String>> {
    let entries = match storage::entries(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let Some(Entry { name: first, .. }) = entries.first() else { return Ok(None) };
    if let Some(partition) = partitions_in(directory, &entries).first() {
        return Ok(Some(format!("it contains partitions, such as \"{partition}\"; replace one with --partition")));
    }
    let listed = match manifest::read_file(&directory.join(MANIFEST)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Some(format!("it contains {}, which is not part of an export", quoted(Path::new(first)))));
        }
        manifest => match Listing::read(&manifest?) {
            Ok(known) => listed_files(&known.parts, known.owners_file()),
            Err(error) => return Ok(Some(format!("its {MANIFEST} is not usable: {error}"))),
        },
    };
    let listed: Vec<_> = listed.iter().map(String::as_str).collect();
    let unlisted = first_unlisted(directory, &listed)?;
    Ok(unlisted.map(|name| format!("it contains {}, which its {MANIFEST} does not list", quoted(&name))))
}

/// Refuses a partition in a directory that is an export itself, or that contains partitions with another key: programs that
/// read the directory would read all of it as one table.
pub(super) fn check_parent(directory: &Path, partition: &Partition) -> Result<(), DestinationError> {
    let failed = |error| DestinationError::create(directory, error);
    let refused = |reason| {
        let (directory, partition) = (directory.to_owned(), partition.to_string());
        Err(DestinationError::NotForPartition { directory, partition, reason })
    };
    let entries = match storage::entries(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let is_of_export = |name: &str| name == MANIFEST || name == DirectoryNames::SUCCESS || naming::is_part(name);
    if let Some(Entry { name, .. }) = entries.iter().find(|entry| entry.name.to_str().is_some_and(is_of_export)) {
        return refused(format!("it is an export itself: it contains {}", quoted(Path::new(name))));
    }
    let others = partitions_in(directory, &entries);
    match others.iter().find(|other| other.key() != partition.key()) {
        Some(other) => refused(format!("its partitions have another key, such as \"{other}\"")),
        None => Ok(()),
    }
}

/// The partitions in a directory, sorted by name.
pub(crate) fn partitions(directory: &Path) -> io::Result<Vec<Partition>> {
    Ok(partitions_in(directory, &storage::entries(directory)?))
}

fn partitions_in(directory: &Path, entries: &[Entry]) -> Vec<Partition> {
    let is_directory = |entry: &&Entry| entry.is_directory || !entry.is_file && directory.join(&entry.name).is_dir();
    let entries = entries.iter().filter(is_directory);
    let mut partitions: Vec<Partition> = entries.filter_map(|entry| entry.name.to_str()?.parse().ok()).collect();
    partitions.sort_by_key(ToString::to_string);
    partitions
}

/// A name, quoted and escaped for a terminal.
fn quoted(name: &Path) -> String {
    format!("{:?}", name.to_string_lossy())
}

/// The names of all files that a manifest lists, including the manifest itself.
pub(crate) fn listed_files(parts: &[FileRecord], owners: Option<&FileRecord>) -> Vec<String> {
    let files = parts.iter().chain(owners).filter_map(|file| file.name.clone());
    files.chain([MANIFEST, DirectoryNames::SUCCESS].map(str::to_owned)).collect()
}

/// The first entry of a directory tree, by name, that is not listed.
pub(crate) fn first_unlisted(directory: &Path, listed: &[&str]) -> io::Result<Option<PathBuf>> {
    for entry in storage::entries(directory)? {
        let name = PathBuf::from(entry.name);
        if entry.is_file && listed.iter().any(|listed| Path::new(listed) == name) {
            continue;
        }
        // The listed files in this subdirectory.
        let within: Vec<_> = listed
            .iter()
            .filter_map(|listed| Path::new(listed).strip_prefix(&name).ok()?.to_str().filter(|rest| !rest.is_empty()))
            .collect();
        if !entry.is_directory || within.is_empty() {
            return Ok(Some(name));
        }
        if let Some(unlisted) = first_unlisted(&directory.join(&name), &within)? {
            return Ok(Some(name.join(unlisted)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn finds_the_first_unlisted_entry() {
        let home = tempfile::tempdir().unwrap();
        let unlisted = || first_unlisted(home.path(), &["a", "_o/b"]).unwrap();
        fs::create_dir(home.path().join("_o")).unwrap();
        for name in ["a", "_o/b"] {
            fs::write(home.path().join(name), "").unwrap();
        }
        assert_eq!(unlisted(), None);
        fs::write(home.path().join("z"), "").unwrap();
        assert_eq!(unlisted(), Some("z".into()));
        fs::write(home.path().join("_o/.hidden"), "").unwrap();
        assert_eq!(unlisted(), Some("_o/.hidden".into()));
        fs::create_dir(home.path().join("A")).unwrap();
        assert_eq!(unlisted(), Some("A".into()));
    }

    #[test]
    fn a_directory_named_like_a_listed_file_is_unlisted() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("a")).unwrap();
        assert_eq!(first_unlisted(home.path(), &["a"]).unwrap(), Some("a".into()));
    }
}
