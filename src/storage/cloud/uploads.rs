//! Uploads in parts. Nothing is visible under the key of an upload until it is completed.

use std::io::ErrorKind;

use bytes::Bytes;
use object_store::multipart::PartId;
use object_store::path::Path as Key;
use object_store::{Error as ObjectError, PutPayload};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::error::StoreError;
use super::store::{Store, parsed_key};

/// The size of each part but the last. Some stores require that all are equal; with at most 10,000, an object may have 80 GB.
const PART: usize = 8 << 20;
/// Parts on their way at the same time; one more is being filled.
const IN_FLIGHT: usize = 4;

/// An upload that is being written.
#[derive(Debug)]
pub(crate) struct Upload {
    store: Store,
    key: Key,
    id: String,
    /// The bytes of the next part, in pieces.
    filling: Vec<Bytes>,
    filled: usize,
    bytes: u64,
    begun: usize,
    uploaded: Vec<(usize, String)>,
    in_flight: JoinSet<Result<(usize, String), StoreError>>,
}

/// An upload whose parts are all in the store. It can be completed by any run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Uploaded {
    pub key: String,
    pub id: String,
    pub parts: Vec<String>,
    pub bytes: u64,
}

impl Upload {
    pub async fn begin(store: &Store, key: &str) -> Result<Self, StoreError> {
        let key = parsed_key(key)?;
        let id = store.multipart.create_multipart(&key).await?;
        Ok(Self {
            store: store.clone(),
            key,
            id,
            filling: Vec::new(),
            filled: 0,
            bytes: 0,
            begun: 0,
            uploaded: Vec::new(),
            in_flight: JoinSet::new(),
        })
    }

    /// The key and the id of the upload, by which it can be aborted.
    pub fn id(&self) -> (String, String) {
        (self.key.to_string(), self.id.clone())
    }

    /// Adds bytes; waits while too many parts are on their way.
    pub async fn write(&mut self, mut bytes: Bytes) -> Result<(), StoreError> {
        self.bytes += bytes.len() as u64;
        while self.filled + bytes.len() >= PART {
            let rest = bytes.split_off(PART - self.filled);
            self.fill(bytes);
            self.send().await?;
            bytes = rest;
        }
        self.fill(bytes);
        Ok(())
    }

    fn fill(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.filled += bytes.len();
            self.filling.push(bytes);
        }
    }

    /// Uploads the part that is being filled.
    async fn send(&mut self) -> Result<(), StoreError> {
        while self.in_flight.len() >= IN_FLIGHT {
            self.arrived().await?;
        }
        let payload: PutPayload = std::mem::take(&mut self.filling).into_iter().collect();
        self.filled = 0;
        let (store, key, id, number) = (self.store.clone(), self.key.clone(), self.id.clone(), self.begun);
        self.begun += 1;
        self.in_flight.spawn(async move {
            let part = store.multipart.put_part(&key, &id, number, payload).await;
            part.map(|part| (number, part.content_id)).map_err(StoreError::from)
        });
        Ok(())
    }

    /// Waits for the next part to arrive.
    async fn arrived(&mut self) -> Result<(), StoreError> {
        if let Some(part) = self.in_flight.join_next().await {
            let part = part.map_err(|error| StoreError::new(ErrorKind::Other, error.to_string()))?;
            self.uploaded.push(part?);
        }
        Ok(())
    }

    /// Uploads the last bytes, and waits for all parts.
    pub async fn end(&mut self) -> Result<Uploaded, StoreError> {
        if self.filled > 0 || self.begun == 0 {
            self.send().await?;
        }
        while !self.in_flight.is_empty() {
            self.arrived().await?;
        }
        self.uploaded.sort();
        let parts = self.uploaded.iter().map(|(_, part)| part.clone()).collect();
        Ok(Uploaded { key: self.key.to_string(), id: self.id.clone(), parts, bytes: self.bytes })
    }
}

impl Store {
    /// Makes an upload visible; false if the store does not know it, or no longer.
    pub async fn complete(&self, upload: &Uploaded) -> Result<bool, StoreError> {
        let parts = upload.parts.iter().map(|part| PartId { content_id: part.clone() }).collect();
        match self.multipart.complete_multipart(&parsed_key(&upload.key)?, &upload.id, parts).await {
            Ok(_) => Ok(true),
            Err(error) => {
                let is_unknown = matches!(error, ObjectError::NotFound { .. });
                let error = StoreError::of(&error);
                let is_unknown = is_unknown
                    || matches!(error.code.as_deref(), Some("NoSuchUpload" | "InvalidBlockList" | "InvalidPart"));
                if is_unknown {
                    return Ok(false);
                }
                // Some stores have no answer of their own for an upload that is gone.
                if error.may_pass()
                    && self.lists_uploads()
                    && let Ok(open) = self.open_uploads(&upload.key).await
                    && !open.iter().any(|open| open.id == upload.id)
                {
                    return Ok(false);
                }
                Err(error)
            }
        }
    }

    /// Aborts an upload, unless the store does not know it.
    pub async fn abort(&self, key: &str, id: &str) -> Result<(), StoreError> {
        match self.multipart.abort_multipart(&parsed_key(key)?, &id.to_owned()).await {
            Ok(()) | Err(ObjectError::NotFound { .. }) => Ok(()),
            Err(error) => Err(StoreError::of(&error)),
        }
    }
}
