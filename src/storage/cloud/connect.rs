//! Connections to stores: credentials from each cloud's own variables, and nowhere else.

use std::collections::HashMap;
use std::io;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::error::StoreError;
use super::settings::{Patience, Settings};
use super::store::Store;
use super::{azure, gcs, s3};
use crate::storage::url::{Cloud, ObjectUrl};

type Stores = HashMap<(Cloud, String, Patience), Store>;

/// The stores that this process uses, so that they share their connections.
static STORES: LazyLock<Mutex<Stores>> = LazyLock::new(Mutex::default);

/// The store of a URL.
pub(super) fn store(url: &ObjectUrl) -> io::Result<Store> {
    Ok(connect(url, Patience::Short)?)
}

/// Certificates that may sign those of stores, in PEM, besides those of the system.
static AUTHORITIES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Lets these certificates, in PEM, sign those of stores, too. It counts for all stores that this process has not used yet.
pub(crate) fn trust(authorities: &[u8]) {
    let mut trusted = AUTHORITIES.lock().unwrap_or_else(PoisonError::into_inner);
    if !authorities.is_empty() && *trusted != authorities {
        authorities.clone_into(&mut trusted);
    }
}

/// The store of a URL.
pub(crate) fn connect(url: &ObjectUrl, patience: Patience) -> Result<Store, StoreError> {
    let key = (url.cloud(), url.bucket().to_owned(), patience);
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = stores.get(&key) {
        return Ok(store.clone());
    }
    // Whoever uses this library may have installed a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authorities = AUTHORITIES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (bucket, settings) = (url.bucket(), Settings { patience, authorities });
    let store = match url.cloud() {
        Cloud::S3 => s3::connect(bucket, &settings),
        Cloud::Gcs => gcs::connect(bucket, &settings),
        Cloud::Azure => azure::connect(bucket, &settings),
    }?;
    stores.insert(key, store.clone());
    Ok(store)
}

/// Uses this store for the bucket of a URL.
#[cfg(test)]
pub(super) fn insert(url: &ObjectUrl, patience: Patience, store: Store) {
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    stores.insert((url.cloud(), url.bucket().to_owned(), patience), store);
}
