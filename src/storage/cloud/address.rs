//! An object or a directory in a store, by its URL.

use std::io;
use std::path::Path;

use super::connect::store;
use super::runtime::wait;
use super::store::Store;
use crate::storage::kind::{Entry, Kind};
use crate::storage::url::{ObjectUrl, is_url};

/// A store, and a key in it.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub store: Store,
    pub key: String,
    is_directory: bool,
}

impl Address {
    /// The address of a URL; `None` if the path is not one.
    pub fn of(path: &Path) -> io::Result<Option<Self>> {
        if !is_url(path) {
            return Ok(None);
        }
        let text = path.to_str().unwrap_or_default();
        let url = ObjectUrl::parse(text).map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))?;
        let (key, is_directory) = (url.key().to_owned(), url.is_directory());
        Ok(Some(Self { store: store(&url)?, key, is_directory }))
    }

    pub fn kind(&self) -> io::Result<Kind> {
        let Self { store, key, is_directory } = self.clone();
        let kind = wait(async move {
            let found = if is_directory { None } else { store.head(&key).await? };
            match found {
                Some(found) if found.size > 0 => Ok(Some(Kind::File(found.size))),
                // An empty object may stand for the directory: Azure has one for each where names are hierarchical.
                _ if store.has_within(&key).await? => Ok(Some(Kind::Directory)),
                Some(_) => Ok(Some(Kind::File(0))),
                None => Ok::<_, super::StoreError>(None),
            }
        })?;
        kind.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Whether there is any object in the directory.
    pub fn is_prefix(&self) -> bool {
        let Self { store, key, .. } = self.clone();
        wait(async move { store.has_within(&key).await }).is_ok_and(|has| has)
    }

    /// Whether there is an object.
    pub fn is_object(&self) -> bool {
        self.version().is_ok_and(|version| version.is_some())
    }

    /// What a directory contains.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let Self { store, key, .. } = self.clone();
        let mut entries = wait(async move { store.entries(&key).await })?;
        if entries.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        entries.sort();
        Ok(entries)
    }

    /// The version of an object, if there is one.
    pub fn version(&self) -> io::Result<Option<String>> {
        let Self { store, key, is_directory } = self.clone();
        if is_directory {
            return Ok(None);
        }
        Ok(wait(async move { store.head(&key).await })?.and_then(|found| found.tag.text().map(str::to_owned)))
    }
}
