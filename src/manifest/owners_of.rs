//! Finds the contacts that an owners file belongs to. It has no manifest of its own; the contacts' manifest lists it.

use std::path::{Path, PathBuf};

use super::record::{Manifest, read_file};
use crate::atomic::parent;
use crate::naming::{self, DirectoryNames};
use crate::storage;

/// The contacts whose manifest lists this owners file, and that manifest.
pub(crate) fn contacts_of(owners: &Path) -> Option<(PathBuf, PathBuf)> {
    let name = owners.file_name()?.to_str()?;
    let within = parent(owners);
    if naming::is_owners_directory(within) {
        let around = parent(within);
        let manifest = around.join(DirectoryNames::MANIFEST);
        return lists(&manifest, &naming::owners_within(name)).then(|| (around.to_owned(), manifest));
    }
    if !naming::is_owners(name) {
        return None;
    }
    let entries = storage::entries(within).ok()?.into_iter();
    entries.filter_map(|entry| entry.name.into_string().ok()).find_map(|manifest| {
        let contacts = owners.with_file_name(naming::described_by(&manifest)?);
        let manifest = owners.with_file_name(manifest);
        lists(&manifest, name).then_some((contacts, manifest))
    })
}

fn lists(manifest: &Path, owners: &str) -> bool {
    let manifest = read_file(manifest).ok().and_then(|text| Manifest::read(&text).ok());
    manifest.is_some_and(|manifest| manifest.owners_file().is_some_and(|file| file.name.as_deref() == Some(owners)))
}
