//! A store in memory, for tests, whose process may be killed before or after any request.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use object_store::memory::InMemory;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as Key;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartId, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::connect::insert;
use super::error::StoreError;
use super::requests::{OpenUpload, Requests};
use super::settings::Patience;
use super::store::Store;
use super::tag::Tag;
use crate::storage::ObjectUrl;

/// The store, which outlives its processes.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    objects: Arc<InMemory>,
    uploads: Arc<Mutex<BTreeMap<String, String>>>,
    /// Requests until the process is killed.
    left: Arc<AtomicUsize>,
    /// Whether the last request is done, and only its answer is lost.
    is_done: Arc<AtomicBool>,
    /// Whether the process lives on after the failure.
    is_once: Arc<AtomicBool>,
    ignores_conditions: Arc<AtomicBool>,
}

impl Memory {
    /// A store for the bucket of a URL, which no other test uses.
    pub fn at(url: &str) -> Self {
        let this = Self {
            objects: Arc::default(),
            uploads: Arc::default(),
            left: Arc::new(AtomicUsize::new(usize::MAX)),
            is_done: Arc::default(),
            is_once: Arc::default(),
            ignores_conditions: Arc::default(),
        };
        let url = ObjectUrl::parse(url).unwrap();
        for patience in [Patience::Short, Patience::Long] {
            let memory = Arc::new(this.clone());
            let (objects, multipart) = (Arc::clone(&memory) as _, Arc::clone(&memory) as _);
            insert(&url, patience, Store { objects, multipart, requests: memory });
        }
        this
    }

    /// Lets every request fail after this many; `is_done` if the last of them is still carried out.
    pub fn kill_after(&self, requests: usize, is_done: bool) {
        self.is_done.store(is_done, Ordering::SeqCst);
        self.left.store(requests, Ordering::SeqCst);
    }

    /// Whether the limit was reached.
    pub fn was_killed(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }

    /// Lets one request fail, this many from now; the process lives on.
    pub fn fail_once(&self, at: usize, is_done: bool) {
        self.is_once.store(true, Ordering::SeqCst);
        self.kill_after(at, is_done);
    }

    /// Whether that request has failed.
    pub fn has_failed(&self) -> bool {
        !self.is_once.load(Ordering::SeqCst)
    }

    pub fn ignore_conditions(&self) {
        self.ignores_conditions.store(true, Ordering::SeqCst);
    }

    /// All objects, as text.
    pub async fn contents(&self) -> BTreeMap<String, String> {
        let mut contents = BTreeMap::new();
        let mut list = self.objects.list(None);
        while let Some(found) = list.next().await {
            let key = found.unwrap().location;
            let bytes = self.objects.get_opts(&key, GetOptions::new()).await.unwrap().bytes().await.unwrap();
            contents.insert(key.to_string(), String::from_utf8(bytes.to_vec()).unwrap());
        }
        contents
    }

    /// Writes an object, as another program would.
    pub async fn put(&self, key: &str, text: &str) {
        let payload = PutPayload::from(text.to_owned());
        self.objects.put_opts(&Key::from(key), payload, PutOptions::default()).await.unwrap();
    }

    /// Deletes an object, as another program would.
    pub async fn remove(&self, key: &str) {
        let keys = futures::stream::iter([Ok(Key::from(key))]).boxed();
        self.objects.delete_stream(keys).next().await.unwrap().unwrap();
    }

    /// The uploads that are neither completed nor aborted.
    pub fn open_uploads(&self) -> Vec<OpenUpload> {
        let open = self.uploads.lock().unwrap().clone();
        open.into_iter().map(|(id, key)| OpenUpload { key, id }).collect()
    }

    /// Counts a request. Fails if the process is dead; `Ok(true)` if it dies before the answer.
    fn request(&self) -> Result<bool> {
        let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(1)));
        if before == Ok(1) && self.is_once.swap(false, Ordering::SeqCst) {
            self.left.store(usize::MAX, Ordering::SeqCst);
        }
        match before {
            Ok(1) if self.is_done.load(Ordering::SeqCst) => Ok(true),
            Ok(0 | 1) => Err(killed()),
            _ => Ok(false),
        }
    }

    async fn answer<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let dies = self.request()?;
        let answer = work.await;
        if dies { Err(killed()) } else { answer }
    }
}

fn killed() -> Error {
    Error::Generic { store: "memory", source: "HTTP error: killed".into() }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory")
    }
}

impl Requests for Memory {
    fn open_uploads<'l>(&'l self, _prefix: &'l str) -> BoxFuture<'l, std::result::Result<Vec<OpenUpload>, StoreError>> {
        let listed = self.request().map(|_| Memory::open_uploads(self)).map_err(StoreError::from);
        futures::future::ready(listed).boxed()
    }

    fn lists_uploads(&self) -> bool {
        true
    }

    fn delete<'l>(
        &'l self,
        key: &'l Key,
        version: Option<&'l Tag>,
    ) -> BoxFuture<'l, std::result::Result<(), StoreError>> {
        let deleted = self.answer(async move {
            let there = self.objects.get_opts(key, GetOptions::new().with_head(true)).await;
            let is_due = |there: GetResult| version.is_none_or(|due| there.meta.e_tag.as_deref() == due.e_tag());
            if there.is_ok_and(is_due) {
                let mut deleted = self.objects.delete_stream(futures::stream::iter([Ok(key.clone())]).boxed());
                deleted.next().await.unwrap()?;
            }
            Ok(())
        });
        deleted.map(|deleted| deleted.map_err(StoreError::from)).boxed()
    }
}

#[async_trait]
impl ObjectStore for Memory {
    async fn put_opts(&self, key: &Key, payload: PutPayload, mut options: PutOptions) -> Result<PutResult> {
        if self.ignores_conditions.load(Ordering::SeqCst) {
            options.mode = PutMode::Overwrite;
        }
        self.answer(self.objects.put_opts(key, payload, options)).await
    }

    async fn put_multipart_opts(&self, key: &Key, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.objects.put_multipart_opts(key, options).await
    }

    async fn get_opts(&self, key: &Key, options: GetOptions) -> Result<GetResult> {
        self.answer(self.objects.get_opts(key, options)).await
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Key>>) -> BoxStream<'static, Result<Key>> {
        self.objects.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.request() {
            Ok(_) => self.objects.list(prefix),
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Key>) -> Result<ListResult> {
        self.answer(self.objects.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Key, to: &Key, options: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, options).await
    }
}

#[async_trait]
impl MultipartStore for Memory {
    async fn create_multipart(&self, key: &Key) -> Result<MultipartId> {
        let created = async {
            let id = self.objects.create_multipart(key).await?;
            self.uploads.lock().unwrap().insert(id.clone(), key.to_string());
            Ok(id)
        };
        self.answer(created).await
    }

    async fn put_part(&self, key: &Key, id: &MultipartId, number: usize, payload: PutPayload) -> Result<PartId> {
        self.answer(self.objects.put_part(key, id, number, payload)).await
    }

    async fn complete_multipart(&self, key: &Key, id: &MultipartId, parts: Vec<PartId>) -> Result<PutResult> {
        let completed = async {
            if self.uploads.lock().unwrap().remove(id).is_none() {
                return Err(Error::NotFound { path: key.to_string(), source: "no such upload".into() });
            }
            self.objects.complete_multipart(key, id, parts).await
        };
        self.answer(completed).await
    }

    async fn abort_multipart(&self, key: &Key, id: &MultipartId) -> Result<()> {
        let aborted = async {
            match self.uploads.lock().unwrap().remove(id) {
                Some(_) => {}
                None => return Err(Error::NotFound { path: key.to_string(), source: "no such upload".into() }),
            }
            self.objects.abort_multipart(key, id).await
        };
        self.answer(aborted).await
    }
}
