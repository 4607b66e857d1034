//! What is still to do while objects are being published: a record from which any later run can finish it.

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use super::keys::Keys;
use crate::checksum::Checksum;
use crate::manifest::{FileRecord, LARGEST_MANIFEST, Listing};
use crate::storage::{Lost, Store, StoreError, Tag, Uploaded};

/// Requests at the same time, of those that do not depend on each other.
pub(super) const AT_ONCE: usize = 16;

/// The record. Once it is in the store, the export counts as published.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    program: String,
    /// The text of the new manifest.
    manifest: String,
    /// To be completed, in this order.
    uploads: Vec<Uploaded>,
    /// The keys of the files that are replaced, to be deleted.
    former: Vec<String>,
    /// The version of the record in the store; `None` where it is not locked.
    #[serde(skip)]
    version: Option<Tag>,
}

/// Something else that is where the record would be.
#[derive(Debug, Clone, Copy)]
pub(super) struct NotOurs;

/// The manifest that is replaced.
#[derive(Debug, Clone)]
pub(super) enum Replaced {
    /// This version, or none.
    Version(Option<Tag>),
    /// Whatever is there.
    Anything,
}

impl Pending {
    pub fn new(manifest: Vec<u8>, uploads: Vec<Uploaded>, former: Vec<String>) -> Self {
        let manifest = String::from_utf8(manifest).unwrap_or_default();
        let is_kept = |key: &String| !uploads.iter().any(|upload| upload.key == *key);
        let program = env!("CARGO_PKG_NAME").to_owned();
        Self { program, manifest, former: former.into_iter().filter(is_kept).collect(), uploads, version: None }
    }

    /// Writes the record; fails if there is another run's.
    pub async fn write(&mut self, store: &Store, keys: &Keys, is_locked: bool) -> Result<Result<(), Lost>, StoreError> {
        let text = serde_json::to_vec(self).unwrap_or_default().into();
        if !is_locked {
            store.put(&keys.pending, &text).await?;
            return Ok(Ok(()));
        }
        // There is none, unless another run has taken over the lock.
        let wrote = store.create(&keys.pending, &text).await?;
        Ok(wrote.map(|version| self.version = Some(version)))
    }

    /// Deletes the record, unless another run has replaced it.
    pub async fn delete(&self, store: &Store, keys: &Keys) -> Result<(), StoreError> {
        match &self.version {
            Some(version) => store.delete_version(&keys.pending, version).await,
            None => store.delete(&keys.pending).await,
        }
    }

    /// The record of a killed run, if there is one; an error if it is something else.
    pub async fn find(store: &Store, keys: &Keys) -> Result<Option<Result<Self, NotOurs>>, StoreError> {
        let Some((text, version)) = store.get(&keys.pending, LARGEST_MANIFEST).await? else {
            // Deleting nothing shows whether objects may be deleted.
            store.delete(&keys.pending).await?;
            return Ok(None);
        };
        let pending = serde_json::from_slice::<Self>(&text).ok().filter(|pending| pending.is_of(keys));
        Ok(Some(pending.map(|pending| Self { version: Some(version), ..pending }).ok_or(NotOurs)))
    }

    /// Does what the record of a killed run says. Returns whether that was possible.
    pub async fn recover(&self, store: &Store, keys: &Keys) -> Result<bool, StoreError> {
        let before = store.get(&keys.manifest, LARGEST_MANIFEST).await?;
        let replaced = match &before {
            Some((there, _)) if *there == self.manifest.as_bytes() => Replaced::Anything,
            before => Replaced::Version(before.as_ref().map(|(_, tag)| tag.clone())),
        };
        if self.finish(store, keys, replaced).await? {
            return Ok(true);
        }
        // Its uploads are gone, so that it cannot be finished. What it has made visible in a directory is listed nowhere.
        let listed = before.and_then(|(text, _)| Listing::read(&text).ok());
        let listed = listed.map(|listing| keys.files_of(&listing)).unwrap_or_default();
        for upload in &self.uploads {
            let _ = store.abort(&upload.key, &upload.id).await;
            if keys.success.is_some() && !listed.contains(&upload.key) {
                store.delete(&upload.key).await?;
            }
        }
        self.delete(store, keys).await?;
        Ok(false)
    }

    /// Publishes the uploads and the manifest, and removes what is no longer needed. Returns false if an upload is gone, or if
    /// another run has replaced the manifest.
    pub async fn finish(&self, store: &Store, keys: &Keys, replaced: Replaced) -> Result<bool, StoreError> {
        let listing = Listing::read(self.manifest.as_bytes()).ok();
        // The owners of an object come before it, the files of a directory in any order.
        let at_once = if keys.success.is_some() { AT_ONCE } else { 1 };
        let completed = self.uploads.iter().map(|upload| completed(store, keys, upload, listing.as_ref()));
        let mut completed = stream::iter(completed).buffered(at_once);
        while let Some(is_there) = completed.next().await {
            if !is_there? {
                return Ok(false);
            }
        }
        if keys.success.is_none() {
            self.delete_former(store).await?;
        }
        let text: Bytes = self.manifest.clone().into();
        let wrote = match replaced {
            Replaced::Version(Some(version)) => store.update(&keys.manifest, &text, &version).await?,
            Replaced::Version(None) => store.create(&keys.manifest, &text).await?,
            Replaced::Anything => Ok(store.put(&keys.manifest, &text).await?),
        };
        if wrote == Err(Lost) {
            return Ok(false);
        }
        if let Some(success) = &keys.success {
            store.put(success, &Bytes::new()).await?;
            self.delete_former(store).await?;
        }
        self.delete(store, keys).await?;
        Ok(true)
    }

    /// Whether this program wrote it for this output: its manifest is intact and describes each upload. Whoever may write the record
    /// must not make a run touch other objects.
    fn is_of(&self, keys: &Keys) -> bool {
        let Ok(listing) = Listing::read(self.manifest.as_bytes()) else { return false };
        let is_described = |upload: &Uploaded| {
            keys.is_of_output(&upload.key)
                && due(&listing, keys, &upload.key).is_some_and(|due| due.bytes == upload.bytes)
        };
        self.program == env!("CARGO_PKG_NAME")
            && self.uploads.iter().all(is_described)
            && self
                .former
                .iter()
                .all(|key| keys.may_be_former(key) && !self.uploads.iter().any(|upload| upload.key == *key))
    }

    async fn delete_former(&self, store: &Store) -> Result<(), StoreError> {
        let deleted = stream::iter(&self.former).map(|key| store.delete(key)).buffer_unordered(AT_ONCE);
        deleted.try_collect().await
    }
}

/// Completes an upload; false if it is gone, and the object is another one.
async fn completed(
    store: &Store,
    keys: &Keys,
    upload: &Uploaded,
    listing: Option<&Listing>,
) -> Result<bool, StoreError> {
    if store.complete(upload).await? {
        return Ok(store.head(&upload.key).await?.is_some_and(|found| found.size == upload.bytes));
    }
    // A repeated request finds the upload completed by the first.
    match listing.and_then(|listing| due(listing, keys, &upload.key)) {
        Some(due) => is(store, &upload.key, due).await,
        None => Ok(false),
    }
}

/// What a manifest says of the object with this key.
fn due<'l>(listing: &'l Listing, keys: &Keys, key: &str) -> Option<&'l FileRecord> {
    let files = listing.file.iter().chain(&listing.parts).chain(listing.owners_file());
    files.into_iter().find(|file| file.name.as_deref().is_some_and(|name| keys.key_of_name(name) == key))
}

/// Whether an object has the size and the SHA-256 of this record.
async fn is(store: &Store, key: &str, due: &FileRecord) -> Result<bool, StoreError> {
    let Some(open) = store.open(key).await? else { return Ok(false) };
    if open.size != due.bytes {
        return Ok(false);
    }
    let mut checksum = Checksum::default();
    let mut stream = open.stream().await?;
    while let Some(piece) = stream.next().await {
        checksum.update(&piece?);
    }
    Ok(checksum.digits() == due.sha256)
}
