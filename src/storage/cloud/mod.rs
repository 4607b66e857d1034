//! Object stores, through the crate `object_store`.
//!
//! All connections belong to a runtime of their own, so that blocking readers and async writers share them.

mod address;
mod azure;
mod blocks;
mod connect;
mod error;
mod gcs;
#[cfg(test)]
mod in_memory;
mod object;
mod requests;
mod runtime;
mod s3;
mod settings;
mod store;
mod tag;
mod uploads;

pub(crate) use address::Address;
pub(crate) use connect::{connect, trust};
pub(crate) use error::StoreError;
#[cfg(test)]
pub(crate) use in_memory::Memory;
pub(crate) use object::{Object, ObjectStream};
#[cfg(test)]
pub(crate) use runtime::wait_for_clean_ups;
pub(crate) use runtime::{clean_up, cleaned_up};
pub(crate) use settings::Patience;
pub(crate) use store::{Lost, Store};
pub(crate) use tag::Tag;
pub(crate) use uploads::{Upload, Uploaded};
