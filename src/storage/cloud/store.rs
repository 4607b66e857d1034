//! Requests to one bucket.

use std::fmt;
use std::io::ErrorKind;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use object_store::multipart::MultipartStore;
use object_store::path::Path as Key;
use object_store::{
    Error as ObjectError, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    UpdateVersion,
};
use tokio::time::sleep;

use super::error::StoreError;
use super::requests::{OpenUpload, Requests};
use super::tag::Tag;
use crate::storage::kind::Entry;

/// How often a conditional write is repeated, and the first wait, which doubles each time.
const REPEATS: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// One bucket or container.
#[derive(Clone)]
pub(crate) struct Store {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) multipart: Arc<dyn MultipartStore>,
    pub(super) requests: Arc<dyn Requests>,
}

/// The bytes of an object.
pub(super) type Bytewise = BoxStream<'static, Result<Bytes, StoreError>>;

/// A conditional write that another one has forestalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost;

/// Facts about an object.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub size: u64,
    pub tag: Tag,
}

impl From<ObjectMeta> for Found {
    fn from(meta: ObjectMeta) -> Self {
        Self { size: meta.size, tag: Tag(UpdateVersion { e_tag: meta.e_tag, version: meta.version }) }
    }
}

/// The result of a request: `None` if there is no such object.
fn found<T>(result: Result<T, ObjectError>) -> Result<Option<T>, StoreError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error @ ObjectError::NotFound { .. }) => {
            let error = StoreError::of(&error);
            // A missing bucket is not a missing object.
            let is_bucket =
                error.code.as_deref().is_some_and(|code| code == "NoSuchBucket" || code == "ContainerNotFound");
            if is_bucket { Err(error) } else { Ok(None) }
        }
        Err(error) => Err(StoreError::of(&error)),
    }
}

pub(super) fn parsed_key(key: &str) -> Result<Key, StoreError> {
    Key::parse(key).map_err(|error| StoreError::new(ErrorKind::InvalidInput, error.to_string()))
}

impl Store {
    /// Facts about an object, if it exists.
    pub async fn head(&self, name: &str) -> Result<Option<Found>, StoreError> {
        Ok(found(self.objects.head(&parsed_key(name)?).await)?.map(Found::from))
    }

    /// An object of at most this many bytes, and its version.
    pub async fn get(&self, name: &str, largest: u64) -> Result<Option<(Bytes, Tag)>, StoreError> {
        let Some(result) = found(self.objects.get(&parsed_key(name)?).await)? else { return Ok(None) };
        let Found { size, tag } = result.meta.clone().into();
        if size > largest {
            return Err(StoreError::new(ErrorKind::FileTooLarge, format!("larger than {largest} bytes")));
        }
        let bytes = result.bytes().await?;
        Ok(Some((bytes, tag)))
    }

    /// Opens an object, if it exists.
    pub async fn open(&self, name: &str) -> Result<Option<Open>, StoreError> {
        let Some(Found { size, tag }) = self.head(name).await? else { return Ok(None) };
        Ok(Some(Open { store: self.clone(), key: parsed_key(name)?, size, tag }))
    }

    /// Opens an object and begins to read it with one request, if it exists.
    pub async fn read(&self, name: &str) -> Result<Option<(Open, Bytewise)>, StoreError> {
        let key = parsed_key(name)?;
        let Some(got) = found(self.objects.get(&key).await)? else { return Ok(None) };
        let Found { size, tag } = got.meta.clone().into();
        let bytes = got.into_stream().map_err(|error| changed(&error)).boxed();
        Ok(Some((Open { store: self.clone(), key, size, tag }, bytes)))
    }

    /// Writes an object, whether it exists or not.
    pub async fn put(&self, name: &str, bytes: &Bytes) -> Result<Tag, StoreError> {
        let put = self.objects.put(&parsed_key(name)?, PutPayload::from_bytes(bytes.clone())).await;
        put.map(Tag::from).map_err(StoreError::from)
    }

    /// Writes an object that does not exist yet.
    pub async fn create(&self, name: &str, bytes: &Bytes) -> Result<Result<Tag, Lost>, StoreError> {
        self.put_if(name, bytes, PutMode::Create).await
    }

    /// Replaces this version of an object.
    pub async fn update(&self, name: &str, bytes: &Bytes, version: &Tag) -> Result<Result<Tag, Lost>, StoreError> {
        self.put_if(name, bytes, PutMode::Update(version.0.clone())).await
    }

    async fn put_if(&self, name: &str, bytes: &Bytes, mode: PutMode) -> Result<Result<Tag, Lost>, StoreError> {
        let mut wait = FIRST_WAIT;
        for repeat in 0.. {
            let options = PutOptions::from(mode.clone());
            let put = self.objects.put_opts(&parsed_key(name)?, PutPayload::from_bytes(bytes.clone()), options).await;
            let error = match put {
                Ok(put) => return Ok(Ok(put.into())),
                Err(error) => error,
            };
            let is_refused = matches!(error, ObjectError::AlreadyExists { .. } | ObjectError::Precondition { .. });
            let error = StoreError::of(&error);
            if !is_refused && !error.may_pass() {
                return Err(error);
            }
            // If only the answer was lost, a repeated request is refused because of the first one.
            match self.get(name, bytes.len() as u64).await {
                Ok(Some((there, tag))) if there == *bytes => return Ok(Ok(tag)),
                _ if is_refused => return Ok(Err(Lost)),
                // The client has repeated what a store has refused, but not what may have been carried out.
                _ if repeat == REPEATS || error.is_answer() => return Err(error),
                _ => {}
            }
            sleep(wait).await;
            wait *= 2;
        }
        unreachable!("the last repeat returns")
    }

    /// Whether open uploads can be listed.
    pub fn lists_uploads(&self) -> bool {
        self.requests.lists_uploads()
    }

    /// Deletes an object, unless there is none.
    pub async fn delete(&self, name: &str) -> Result<(), StoreError> {
        self.requests.delete(&parsed_key(name)?, None).await
    }

    /// Deletes this version of an object, unless another one took its place.
    pub async fn delete_version(&self, name: &str, version: &Tag) -> Result<(), StoreError> {
        self.requests.delete(&parsed_key(name)?, Some(version)).await
    }

    /// Uploads to keys with this prefix that were neither completed nor aborted, as far as the store lists them.
    pub async fn open_uploads(&self, prefix: &str) -> Result<Vec<OpenUpload>, StoreError> {
        self.requests.open_uploads(prefix).await
    }

    /// Whether there is any object in a directory.
    pub async fn has_within(&self, directory: &str) -> Result<bool, StoreError> {
        let prefix = parsed_key(directory)?;
        let mut found = self.objects.list(Some(&prefix));
        found.next().await.transpose().map(|found| found.is_some()).map_err(StoreError::from)
    }

    /// What a directory contains, in no particular order. Nothing if it does not exist.
    pub async fn entries(&self, directory: &str) -> Result<Vec<Entry>, StoreError> {
        let prefix = parsed_key(directory)?;
        let list = self.objects.list_with_delimiter(Some(&prefix)).await?;
        let name = |key: &Key| key.filename().map(Into::into);
        // Some programs make an empty object that stands for the directory.
        let files =
            list.objects.iter().filter(|found| found.location != prefix).filter_map(|found| name(&found.location));
        let directories = list.common_prefixes.iter().filter_map(name);
        let entry = |is_directory: bool| move |name| Entry { name, is_directory, is_file: !is_directory };
        Ok(files.map(entry(false)).chain(directories.map(entry(true))).collect())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.objects)
    }
}

/// One version of an object.
#[derive(Debug)]
pub(crate) struct Open {
    store: Store,
    key: Key,
    pub size: u64,
    tag: Tag,
}

impl Open {
    fn options(&self) -> GetOptions {
        GetOptions::new().with_if_match(self.tag.0.e_tag.clone())
    }

    /// All of it.
    pub async fn stream(&self) -> Result<Bytewise, StoreError> {
        let got = self.store.objects.get_opts(&self.key, self.options()).await.map_err(|error| changed(&error))?;
        Ok(got.into_stream().map_err(|error| changed(&error)).boxed())
    }

    /// A part of it.
    pub async fn range(&self, range: Range<u64>) -> Result<Bytes, StoreError> {
        let options = self.options().with_range(Some(range));
        let got = self.store.objects.get_opts(&self.key, options).await.map_err(|error| changed(&error))?;
        got.bytes().await.map_err(|error| changed(&error))
    }
}

/// Another version took its place.
fn changed(error: &ObjectError) -> StoreError {
    match error {
        ObjectError::Precondition { .. } | ObjectError::NotModified { .. } | ObjectError::NotFound { .. } => {
            StoreError::new(ErrorKind::StaleNetworkFileHandle, "it was replaced while it was being read")
        }
        error => StoreError::of(error),
    }
}
