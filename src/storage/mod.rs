//! Files and objects by one kind of name: a path, or the URL of an object in a store: `s3://`, `gs://` or `az://`.
//!
//! Everything that reads an export goes through here, so that it reads objects as well. A URL behaves like a path: its
//! directories are what its keys have in common up to a slash.

#[cfg(feature = "cloud")]
mod cloud;
#[cfg(not(feature = "cloud"))]
#[path = "no_cloud.rs"]
mod cloud;
mod held;
mod kind;
mod source;
mod url;

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use cloud::Address;
#[cfg(feature = "cloud")]
pub(crate) use cloud::{Lost, Patience, Store, Tag, Upload, Uploaded, clean_up, connect};
#[cfg(all(test, feature = "cloud"))]
pub(crate) use cloud::{Memory, wait_for_clean_ups};
pub(crate) use cloud::{StoreError, cleaned_up, trust};
pub(crate) use held::Held;
pub(crate) use kind::{Entry, Kind};
pub(crate) use source::Source;
pub use url::{Cloud, ObjectUrl};
pub(crate) use url::{is_like_a_url, is_url, objection};

/// The longest wait for a failed run to remove its uploads and its lock from a store.
pub(crate) const CLEAN_UP: Duration = Duration::from_millis(1_200);

/// The error of a store, if it is one.
pub(crate) fn store_error(error: &io::Error) -> Option<&StoreError> {
    error.get_ref()?.downcast_ref()
}

/// What a path leads to, symbolic links followed.
pub(crate) fn kind(path: &Path) -> io::Result<Kind> {
    if let Some(address) = Address::of(path)? {
        return address.kind();
    }
    let metadata = fs::metadata(path)?;
    Ok(match metadata {
        _ if metadata.is_file() => Kind::File(metadata.len()),
        _ if metadata.is_dir() => Kind::Directory,
        _ => Kind::Other,
    })
}

/// Whether there is a directory.
pub(crate) fn is_directory(path: &Path) -> bool {
    match Address::of(path) {
        Ok(Some(address)) => address.is_prefix(),
        Ok(None) => path.is_dir(),
        Err(_) => false,
    }
}

/// Whether there is a file.
pub(crate) fn is_file(path: &Path) -> bool {
    match Address::of(path) {
        Ok(Some(address)) => address.is_object(),
        Ok(None) => path.is_file(),
        Err(_) => false,
    }
}

/// The entries of a directory, sorted by name.
pub(crate) fn entries(directory: &Path) -> io::Result<Vec<Entry>> {
    if let Some(address) = Address::of(directory)? {
        return address.entries();
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        entries.push(Entry { name: entry.file_name(), is_directory: kind.is_dir(), is_file: kind.is_file() });
    }
    entries.sort();
    Ok(entries)
}
