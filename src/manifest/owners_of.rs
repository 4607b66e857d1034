//! Which contacts a table of owners belongs to: it has no manifest of its own, theirs lists it.

use std::fs;
use std::path::{Path, PathBuf};

use super::Known;
use crate::atomic::parent;
use crate::manifest;
use crate::naming::{self, DirectoryNames};

/// The file or the folder of the contacts whose manifest lists these owners, and that manifest.
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
    let entries = fs::read_dir(within).ok()?.flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).find_map(|manifest| {
        let contacts = owners.with_file_name(naming::described_by(&manifest)?);
        let manifest = owners.with_file_name(manifest);
        lists(&manifest, name).then_some((contacts, manifest))
    })
}

fn lists(manifest: &Path, owners: &str) -> bool {
    let known = manifest::read_file(manifest).ok().and_then(|text| Known::read(&text).ok());
    known.is_some_and(|known| known.owners_file().is_some_and(|file| file.name.as_deref() == Some(owners)))
}
