//! Objects in a store: a file or a directory of part files, each an upload that stays open until all of them are published.
//!
//! ```text
//! lock ─► uploads ─► pending record ─► uploads completed ─► manifest ─► former files deleted ─► record and lock deleted
//!    a crash here:  │ nothing changed │ the next run reads the record, and does the rest
//! ```
//!
//! A store cannot rename. So part files have other names in each run, and the manifest, which is replaced only if it is still the
//! one that this run has seen, says which of them count.

mod keys;
mod lock;
mod pending;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::stream::{self, StreamExt};
use tokio::time::timeout;

use super::blocking::blocking;
use super::error::DestinationError;
use super::message::Piece;
use super::plan::Plan;
use super::replaceable::{check_parent, objection};
use crate::config::{Encoding, OutFile, Output, StoreLock};
use crate::manifest::{LARGEST_MANIFEST, Listing};
use crate::storage::{self, ObjectUrl, Patience, Store, StoreError, Tag, Upload, Uploaded, connect};
use keys::{Keys, key_of, url_beside};
use lock::ObjectLock;
pub(crate) use lock::is_held;
use pending::{AT_ONCE, Pending};

/// The longest time to look for uploads of killed runs.
const SWEEP: Duration = Duration::from_secs(20);

/// Objects that are being written.
#[derive(Debug)]
pub(crate) struct ObjectDestination {
    target: PathBuf,
    output: Output,
    encoding: Encoding,
    store: Store,
    keys: Keys,
    /// The manifest that is replaced.
    before: Option<Tag>,
    /// Files of the export that is replaced.
    former: Vec<String>,
    upload: Option<Upload>,
    uploaded: Vec<Uploaded>,
    /// Uploads to abort if this is dropped: keys and ids.
    begun: Vec<(String, String)>,
    lock: Option<ObjectLock>,
    pub has_recovered: bool,
    /// Whether the uploads of killed runs were aborted.
    pub is_swept: bool,
}

impl ObjectDestination {
    /// Locks the objects, completes what a killed run has begun to publish, and begins the first upload.
    pub async fn open(
        url: &ObjectUrl,
        plan: Plan<'_>,
        waiting: &mut Option<impl FnOnce()>,
    ) -> Result<Self, DestinationError> {
        DestinationError::refuse_manifest_path(plan)?;
        let target = plan.output.target().unwrap_or_default();
        let failed = |error: StoreError| DestinationError::create(&target, error.into());
        let [brief, store] = [Patience::Short, Patience::Long].map(|patience| connect(url, patience).map_err(failed));
        let (brief, store) = (brief?, store?);
        let keys = Keys::of(&target, plan).map_err(|error| DestinationError::create(&target, error))?;
        let lock = match plan.store_lock {
            StoreLock::Off => None,
            StoreLock::Lease(lease) => {
                Some(ObjectLock::acquire(&brief, &keys.lock, &target, lease, plan.lock_timeout, waiting).await?)
            }
        };
        let mut this = Self {
            output: plan.output.clone(),
            encoding: plan.encoding,
            store,
            keys,
            before: None,
            former: Vec::new(),
            upload: None,
            uploaded: Vec::new(),
            begun: Vec::new(),
            lock,
            has_recovered: false,
            is_swept: true,
            target: target.clone(),
        };
        this.begin(&brief, plan).await?;
        Ok(this)
    }

    /// What has to be known and done under the lock.
    async fn begin(&mut self, brief: &Store, plan: Plan<'_>) -> Result<(), DestinationError> {
        let target = self.target.clone();
        let failed = |error: StoreError| DestinationError::create(&target, error.into());
        match Pending::find(brief, &self.keys).await.map_err(failed)? {
            None => {}
            Some(Ok(pending)) => self.has_recovered = pending.recover(brief, &self.keys).await.map_err(failed)?,
            Some(Err(_)) => {
                return Err(DestinationError::NotOurs { path: url_beside(&target, &self.keys.pending) });
            }
        }
        if self.lock.is_some() {
            self.sweep(brief).await;
        }
        // After the recovery: a run that was killed while it published may have left files that no manifest lists.
        check_replaceable(plan, &target).await?;
        if let Some((text, tag)) = brief.get(&self.keys.manifest, LARGEST_MANIFEST).await.map_err(failed)? {
            self.before = Some(tag);
            self.former = Listing::read(&text).map(|listing| self.keys.files_of(&listing)).unwrap_or_default();
        }
        if plan.has_owners && !self.output.is_directory() {
            self.check_owners(brief).await?;
        }
        self.start(OutFile::Part(0)).await.map_err(failed)
    }

    /// Aborts uploads of killed runs. Where the store does not list them, a lifecycle rule has to.
    async fn sweep(&mut self, brief: &Store) {
        let swept = async {
            for prefix in self.keys.prefixes() {
                let open = brief.open_uploads(&prefix).await?;
                for upload in open.into_iter().filter(|upload| self.keys.is_of_output(&upload.key)) {
                    brief.abort(&upload.key, &upload.id).await?;
                }
            }
            Ok::<_, StoreError>(())
        };
        self.is_swept = matches!(timeout(SWEEP, swept).await, Ok(Ok(())));
    }

    /// Refuses to replace an object by the owners that is not the owners of an earlier export.
    async fn check_owners(&self, brief: &Store) -> Result<(), DestinationError> {
        let Some(path) = self.output.owners_path(self.encoding) else { return Ok(()) };
        let key = key_of(&path);
        let there = brief.head(&key).await.map_err(|error| DestinationError::create(&path, error.into()))?;
        if there.is_some() && !self.former.contains(&key) {
            return Err(DestinationError::OwnersNotOurs { path, target: self.target.clone() });
        }
        Ok(())
    }

    /// The error of this output.
    pub fn failed(&self, error: io::Error) -> DestinationError {
        DestinationError::write(&self.target, error)
    }

    async fn start(&mut self, file: OutFile) -> Result<(), StoreError> {
        let key = key_of(&self.output.path_at(&self.target, file, self.encoding));
        let upload = Upload::begin(&self.store, &key).await?;
        self.begun.push(upload.id());
        self.upload = Some(upload);
        Ok(())
    }

    /// Writes bytes, or begins the next file.
    pub async fn take(&mut self, piece: Piece) -> Result<(), DestinationError> {
        if self.lock.as_ref().is_some_and(ObjectLock::is_lost) {
            return Err(DestinationError::Lost { target: self.target.clone() });
        }
        let taken = match (piece, &mut self.upload) {
            (Piece::Bytes(bytes), Some(upload)) => upload.write(bytes).await,
            // `open` has begun it.
            (Piece::Begin(OutFile::Part(0)), _) | (Piece::Bytes(_), None) => Ok(()),
            (Piece::Begin(file), _) => {
                self.settle().await?;
                self.start(file).await
            }
        };
        self.unless_lost(taken).await
    }

    /// Waits until all bytes are in the store.
    pub async fn settle(&mut self) -> Result<(), DestinationError> {
        let Some(mut upload) = self.upload.take() else { return Ok(()) };
        let ended = upload.end().await.map(|uploaded| self.uploaded.push(uploaded));
        self.unless_lost(ended).await
    }

    /// A run that has taken over the lock has aborted the uploads of this one.
    async fn unless_lost(&self, result: Result<(), StoreError>) -> Result<(), DestinationError> {
        let Err(error) = result else { return Ok(()) };
        let target = self.target.clone();
        match &self.lock {
            Some(lock) if matches!(lock.check().await, Ok(Err(_))) => Err(DestinationError::Lost { target }),
            _ => Err(DestinationError::write(&target, error.into())),
        }
    }

    /// Makes all uploads visible, with their manifest.
    pub async fn publish(mut self, manifest: Vec<u8>) -> Result<(), DestinationError> {
        let target = self.target.clone();
        let failed = |error: StoreError| DestinationError::write(&target, error.into());
        if let Some(lock) = &self.lock {
            lock.check().await.map_err(failed)?.map_err(|_| DestinationError::Lost { target: target.clone() })?;
        }
        let there = self.store.head(&self.keys.manifest).await.map_err(failed)?;
        if there.as_ref().map(|there| there.tag.text()) != self.before.as_ref().map(Tag::text) {
            return Err(DestinationError::Lost { target });
        }
        // The owners first: whoever joins them with former contacts finds no owner missing.
        let mut uploads = std::mem::take(&mut self.uploaded);
        uploads.reverse();
        let former = std::mem::take(&mut self.former);
        let mut pending = Pending::new(manifest, uploads, former);
        match pending.write(&self.store, &self.keys, self.lock.is_some()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(DestinationError::Lost { target }),
            Err(error) => {
                // It may be there although the answer is lost, but its uploads are about to be aborted.
                let _ = pending.delete(&self.store, &self.keys).await;
                return Err(failed(error));
            }
        }
        // From here on, the next run would do the rest.
        self.begun.clear();
        let before = self.before.take();
        let finished = match &self.lock {
            Some(_) => pending.finish(&self.store, &self.keys, pending::Replaced::Version(before)).await,
            None => pending.finish(&self.store, &self.keys, pending::Replaced::Anything).await,
        };
        match finished {
            Ok(true) => {}
            Ok(false) => {
                // Nobody can finish it any more.
                let _ = pending.delete(&self.store, &self.keys).await;
                return Err(DestinationError::Lost { target });
            }
            Err(error) => return Err(DestinationError::Unfinished { target, error: error.into() }),
        }
        if let Some(lock) = self.lock.take() {
            lock.release().await;
        }
        Ok(())
    }
}

impl Drop for ObjectDestination {
    /// Leaves nothing behind. The export waits a moment for this.
    fn drop(&mut self) {
        let (begun, lock, store) = (std::mem::take(&mut self.begun), self.lock.take(), self.store.clone());
        if begun.is_empty() && lock.is_none() {
            return;
        }
        // Stops the parts on their way.
        self.upload = None;
        storage::clean_up(async move {
            let aborted = begun.into_iter().map(|(key, id)| {
                let store = store.clone();
                async move { store.abort(&key, &id).await }
            });
            let _: Vec<_> = stream::iter(aborted).buffer_unordered(AT_ONCE).collect().await;
            if let Some(lock) = lock {
                lock.release().await;
            }
        });
    }
}

/// Refuses directories that contain something else than an earlier export.
async fn check_replaceable(plan: Plan<'_>, target: &Path) -> Result<(), DestinationError> {
    if !plan.output.is_directory() {
        return Ok(());
    }
    let (output, target) = (plan.output.clone(), target.to_owned());
    blocking(move || {
        if let (Some(partition), Some(around)) = (output.partition(), output.path()) {
            check_parent(around, partition)?;
        }
        match objection(&target) {
            Err(error) => Err(DestinationError::create(&target, error)),
            Ok(Some(reason)) => Err(DestinationError::NotReplaceable { path: target, reason }),
            Ok(None) => Ok(()),
        }
    })
    .await
}
