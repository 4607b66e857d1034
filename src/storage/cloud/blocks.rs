//! Reads an object in blocks, the last of which are kept: a Parquet reader goes back and forth between its columns.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::runtime::wait;
use super::store::Open;

/// The size of a block: large enough that few requests are needed, small enough for a footer.
const BLOCK: u64 = 1 << 20;
/// How many blocks are kept: one for each column, and some more. 32 MiB.
const KEPT: usize = 32;

/// The blocks of an object.
#[derive(Debug)]
pub(crate) struct Blocks {
    open: Arc<Open>,
    /// Number and bytes, the last used at the end.
    kept: Mutex<VecDeque<(u64, Bytes)>>,
}

impl Blocks {
    pub fn new(open: Arc<Open>) -> Self {
        Self { open, kept: Mutex::default() }
    }

    /// The bytes from a position to the end of its block; nothing at the end of the object.
    fn from(&self, start: u64) -> io::Result<Bytes> {
        if start >= self.open.size {
            return Ok(Bytes::new());
        }
        let number = start / BLOCK;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(found, _)| *found == number);
        let block = if let Some((_, block)) = found.and_then(|at| kept.remove(at)) {
            block
        } else {
            let (open, begin) = (Arc::clone(&self.open), number * BLOCK);
            let end = (begin + BLOCK).min(self.open.size);
            wait(async move { open.range(begin..end).await })?
        };
        kept.push_back((number, block.clone()));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        let offset = usize::try_from(start % BLOCK).map_err(io::Error::other)?;
        if offset >= block.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(block.slice(offset..))
    }
}

/// Reads on from a position.
#[derive(Debug)]
pub(crate) struct BlockReader {
    blocks: Arc<Blocks>,
    at: u64,
}

impl BlockReader {
    pub fn new(blocks: Arc<Blocks>, at: u64) -> Self {
        Self { blocks, at }
    }
}

impl Read for BlockReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.blocks.from(self.at)?;
        let length = buffer.len().min(bytes.len());
        buffer[..length].copy_from_slice(&bytes[..length]);
        self.at += length as u64;
        Ok(length)
    }
}
