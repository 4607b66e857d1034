//! Reads an object: as a stream from its start, or in blocks. What is read is always of the version that was opened.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes};
use futures::stream::StreamExt;

use super::address::Address;
use super::blocks::{BlockReader, Blocks};
use super::runtime::wait;
use super::store::{Bytewise, Open};

/// An object that is open.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    open: Arc<Open>,
    blocks: Arc<Blocks>,
}

impl Object {
    pub fn open(address: Address) -> io::Result<Self> {
        let Address { store, key, .. } = address;
        let open = wait(async move { store.open(&key).await })?;
        let open = Arc::new(open.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?);
        Ok(Self { blocks: Arc::new(Blocks::new(Arc::clone(&open))), open })
    }

    /// Opens an object and begins to read it, with one request.
    pub fn read(address: Address) -> io::Result<(Self, ObjectStream)> {
        let Address { store, key, .. } = address;
        let read = wait(async move { store.read(&key).await })?;
        let (open, stream) = read.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let open = Arc::new(open);
        let stream = ObjectStream { stream: Mutex::new(Some(stream)), current: Bytes::new(), left: open.size };
        Ok((Self { blocks: Arc::new(Blocks::new(Arc::clone(&open))), open }, stream))
    }

    pub fn size(&self) -> u64 {
        self.open.size
    }

    pub fn blocks_from(&self, start: u64) -> BlockReader {
        BlockReader::new(Arc::clone(&self.blocks), start)
    }

    /// Reads all of it with one request.
    pub fn stream(&self) -> io::Result<ObjectStream> {
        let open = Arc::clone(&self.open);
        let stream = wait(async move { open.stream().await })?;
        Ok(ObjectStream { stream: Mutex::new(Some(stream)), current: Bytes::new(), left: self.open.size })
    }
}

/// The bytes of an object from its start.
pub(crate) struct ObjectStream {
    /// `None` after an error. The lock is never waited for: it only lets threads share this.
    stream: Mutex<Option<Bytewise>>,
    current: Bytes,
    left: u64,
}

impl ObjectStream {
    /// The next bytes; nothing at the end.
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        let held = self.stream.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(mut stream) = held.take() else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        let (next, stream) = wait(async move { (stream.next().await, stream) });
        let next = next.transpose()?;
        *held = Some(stream);
        Ok(next)
    }
}

impl Read for ObjectStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.next()? {
                Some(next) => self.current = next,
                None if self.left > 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                None => return Ok(0),
            }
            self.left = self.left.saturating_sub(self.current.len() as u64);
        }
        let length = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

impl std::fmt::Debug for ObjectStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectStream").field("left", &self.left).finish_non_exhaustive()
    }
}
