//! What stands in a folder that an export made, and what does not belong there.
//!
//! Only what an export made is ever replaced: a folder is looked through by name, entry by entry.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::DestinationError;
use crate::config::Partition;
use crate::manifest::{self, Known};
use crate::naming::FolderNames;

/// Refuses to replace a folder that holds anything that no export made. What is told of `names` is looked up at `folder`,
/// where it stands now.
pub(super) fn check_replaceable(names: &FolderNames, folder: &Path) -> Result<(), DestinationError> {
    let failed = |error| DestinationError::create(&names.target, error);
    let refused = |reason| Err(DestinationError::NotOurs { target: names.target.clone(), reason });
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(failed(io::ErrorKind::NotADirectory.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    }
    let Some(first) = stranger(folder, &[]).map_err(failed)? else { return Ok(()) };
    if let Some(partition) = partitions(folder).map_err(failed)?.first() {
        return refused(format!("it holds partitions, \"{partition}\" is in it: --partition replaces one of them"));
    }
    let listed = match manifest::read_file(&folder.join(FolderNames::MANIFEST)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return refused(format!("{} is in it, and no {} of an export", shown(&first), FolderNames::MANIFEST));
        }
        Err(error) => return Err(failed(error)),
        Ok(manifest) => match Known::read(&manifest) {
            Ok(known) => listed(&known),
            Err(error) => return refused(format!("its {} is of no use: {error}", FolderNames::MANIFEST)),
        },
    };
    let listed: Vec<_> = listed.iter().map(String::as_str).collect();
    match stranger(folder, &listed).map_err(failed)? {
        Some(stranger) => {
            refused(format!("{} is in it, which its {} does not list", shown(&stranger), FolderNames::MANIFEST))
        }
        None => Ok(()),
    }
}

/// Refuses a partition in a folder that is an export itself, or holds partitions of another key: readers of the folder
/// would take all of it for one table.
pub(super) fn check_takes(folder: &Path, partition: &Partition) -> Result<(), DestinationError> {
    let failed = |error| DestinationError::create(folder, error);
    let refused = |reason| {
        let (folder, partition) = (folder.to_owned(), partition.to_string());
        Err(DestinationError::NotForPartition { folder, partition, reason })
    };
    let mut names = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>().map_err(failed)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    names.sort();
    let is_of_export = |name: &str| {
        name == FolderNames::MANIFEST || name == FolderNames::SUCCESS || name.starts_with(FolderNames::PART)
    };
    if let Some(name) = names.iter().find(|name| name.to_str().is_some_and(is_of_export)) {
        return refused(format!("it is an export itself, {} is in it", shown(Path::new(name))));
    }
    let others = partitions(folder).map_err(failed)?;
    match others.iter().find(|other| other.key() != partition.key()) {
        Some(other) => refused(format!("its partitions have another key, \"{other}\" is in it")),
        None => Ok(()),
    }
}

/// The partitions that stand in a folder, by the order of their names.
pub(crate) fn partitions(folder: &Path) -> io::Result<Vec<Partition>> {
    let mut partitions = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().is_dir() {
            partitions.extend(entry.file_name().to_str().and_then(|name| name.parse::<Partition>().ok()));
        }
    }
    partitions.sort_by_key(ToString::to_string);
    Ok(partitions)
}

/// A name that anybody may have given, quoted and fit for a terminal.
fn shown(name: &Path) -> String {
    format!("{:?}", name.to_string_lossy())
}

/// The names of all files that a manifest lists, itself included.
pub(crate) fn listed(known: &Known) -> Vec<String> {
    let files = known.parts.iter().chain(known.owners_file()).filter_map(|file| file.name.clone());
    files.chain([FolderNames::MANIFEST, FolderNames::SUCCESS].map(str::to_owned)).collect()
}

/// The first file or folder within `folder` that is not listed, by the order of names.
pub(crate) fn stranger(folder: &Path, listed: &[&str]) -> io::Result<Option<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = PathBuf::from(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_file() && listed.iter().any(|listed| Path::new(listed) == name) {
            continue;
        }
        // What is listed within it, if it is a folder.
        let within: Vec<_> = listed
            .iter()
            .filter_map(|listed| Path::new(listed).strip_prefix(&name).ok()?.to_str().filter(|rest| !rest.is_empty()))
            .collect();
        if !kind.is_dir() || within.is_empty() {
            return Ok(Some(name));
        }
        if let Some(stranger) = stranger(&entry.path(), &within)? {
            return Ok(Some(name.join(stranger)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_not_listed_is_a_stranger() {
        let home = tempfile::tempdir().unwrap();
        let stranger = || stranger(home.path(), &["a", "_o/b"]).unwrap();
        fs::create_dir(home.path().join("_o")).unwrap();
        for name in ["a", "_o/b"] {
            fs::write(home.path().join(name), "").unwrap();
        }
        assert_eq!(stranger(), None);
        fs::write(home.path().join("z"), "").unwrap();
        assert_eq!(stranger(), Some("z".into()));
        fs::write(home.path().join("_o/.hidden"), "").unwrap();
        assert_eq!(stranger(), Some("_o/.hidden".into()));
        fs::create_dir(home.path().join("A")).unwrap();
        assert_eq!(stranger(), Some("A".into()));
    }

    #[test]
    fn a_name_that_is_listed_as_a_file_is_no_folder() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("a")).unwrap();
        assert_eq!(stranger(home.path(), &["a"]).unwrap(), Some("a".into()));
    }
}
