//! In place of the stores, if the crate is built without them.

use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use super::kind::{Entry, Kind};
use super::url::is_url;

/// No address.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Address {}

impl Address {
    /// Refuses URLs.
    pub fn of(path: &Path) -> io::Result<Option<Self>> {
        if is_url(path) {
            let reason = "built without object stores: enable the feature cloud";
            return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
        }
        Ok(None)
    }

    pub fn kind(self) -> io::Result<Kind> {
        match self {}
    }

    pub fn is_prefix(self) -> bool {
        match self {}
    }

    pub fn is_object(self) -> bool {
        match self {}
    }

    pub fn entries(self) -> io::Result<Vec<Entry>> {
        match self {}
    }

    pub fn version(self) -> io::Result<Option<String>> {
        match self {}
    }
}

/// No object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Object {}

impl Object {
    pub fn open(address: Address) -> io::Result<Self> {
        match address {}
    }

    pub fn read(address: Address) -> io::Result<(Self, ObjectStream)> {
        match address {}
    }

    pub fn size(self) -> u64 {
        match self {}
    }

    pub fn blocks_from(self, _start: u64) -> io::Empty {
        match self {}
    }

    pub fn stream(self) -> io::Result<ObjectStream> {
        match self {}
    }
}

/// No bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ObjectStream {}

impl Read for ObjectStream {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }
}

/// No error.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum StoreError {}

impl StoreError {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the error of a store is larger")]
    pub fn may_pass(&self) -> bool {
        match *self {}
    }
}

/// There is nothing to clean up.
pub(crate) async fn cleaned_up(_longest: Duration) {}

/// There are no stores to trust.
pub(crate) fn trust(_authorities: &[u8]) {}
