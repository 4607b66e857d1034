//! Finds the contacts that an owners file belongs to. It has no manifest of its own; the contacts' manifest lists it.

use std::fs;
use std::path::{Path, PathBuf};

use super::record::{Manifest, read_file};
use crate::atomic::folder;
use crate::naming::FolderNames;

/// The suffix of a file's manifest.
const MANIFEST: &str = ".manifest.json";
/// The subdirectory for owners in a directory of part files.
const OWNERS: &str = "_owners";

/// The contacts whose manifest lists this owners file, and that manifest.
pub(crate) fn contacts_of(owners: &Path) -> Option<(PathBuf, PathBuf)> {
    let name = owners.file_name()?.to_str()?;
    let within = folder(owners);
    if within.file_name().is_some_and(|folder| folder == OWNERS) {
        let around = folder(within);
        let manifest = around.join(FolderNames::MANIFEST);
        return lists(&manifest, &format!("{OWNERS}/{name}")).then(|| (around.to_owned(), manifest));
    }
    if !name.contains(".owners") {
        return None;
    }
    let entries = fs::read_dir(within).ok()?.flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).find_map(|manifest| {
        let contacts = owners.with_file_name(manifest.strip_suffix(MANIFEST)?);
        let manifest = owners.with_file_name(manifest);
        lists(&manifest, name).then_some((contacts, manifest))
    })
}

fn lists(manifest: &Path, owners: &str) -> bool {
    let manifest = read_file(manifest).ok().and_then(|text| Manifest::read(&text).ok());
    manifest.is_some_and(|manifest| manifest.owners_file().is_some_and(|file| file.name.as_deref() == Some(owners)))
}
