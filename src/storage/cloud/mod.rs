//! Object stores, through the crate `object_store`.
//!
//! All connections belong to a runtime of their own, so that blocking readers and async writers share them.

mod address;
mod blocks;
mod connect;
mod error;
mod list_uploads;
mod object;
mod runtime;
mod store;
mod uploads;

pub(crate) use address::Address;
pub(crate) use connect::{Patience, connect};
pub(crate) use error::StoreError;
pub(crate) use object::{Object, ObjectStream};
pub(crate) use runtime::{clean_up, cleaned_up};
pub(crate) use store::{Lost, Store, Tag};
pub(crate) use uploads::{Upload, Uploaded};
