//! Sends the bytes of a file to the task that writes them, in pieces, through a bounded channel.

use std::io::{self, Write};

use tokio::sync::mpsc;

use crate::checksum::Checksum;
use crate::destination::Piece;
use crate::error::Error;

/// Maximum bytes per piece.
const PIECE: usize = 1 << 20;

/// A writer that sends what it is given.
#[derive(Debug)]
pub(super) struct Pieces {
    out: mpsc::Sender<Piece>,
    waiting: Vec<u8>,
    checksum: Checksum,
}

impl Pieces {
    pub fn new(out: mpsc::Sender<Piece>) -> Self {
        Self { out, waiting: Vec::new(), checksum: Checksum::default() }
    }

    /// Sends the last piece, and returns the checksum of all bytes.
    pub fn finish(mut self) -> Result<Checksum, Error> {
        // A closed channel means that writing has failed, which reports its own error.
        self.flush().map_err(|_| Error::Cancelled)?;
        Ok(self.checksum)
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bytes = &bytes[..bytes.len().min(PIECE - self.waiting.len())];
        self.checksum.update(bytes);
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let piece = Piece::Bytes(std::mem::take(&mut self.waiting).into());
        self.out.blocking_send(piece).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_every_byte_in_pieces() {
        let (sender, mut receiver) = mpsc::channel(8);
        let mut pieces = Pieces::new(sender);
        let bytes: Vec<u8> = (0..5 * PIECE / 2).map(|at| at.to_le_bytes()[1]).collect();
        let (some, most) = bytes.split_at(10_000);
        some.chunks(4_000).chain([most]).for_each(|chunk| pieces.write_all(chunk).unwrap());
        let checksum = pieces.finish().unwrap();
        let mut due = Checksum::default();
        due.update(&bytes);
        assert_eq!(checksum.digits(), due.digits());
        let mut sizes = Vec::new();
        let mut all = Vec::new();
        while let Some(Piece::Bytes(piece)) = receiver.blocking_recv() {
            sizes.push(piece.len());
            all.extend_from_slice(&piece);
        }
        assert_eq!(sizes, [PIECE, PIECE, PIECE / 2]);
        assert_eq!(all, bytes);
    }

    #[test]
    fn a_closed_channel_ends_encoding() {
        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        let mut pieces = Pieces::new(sender);
        pieces.write_all(b"some").unwrap();
        assert!(matches!(pieces.finish(), Err(Error::Cancelled)));
    }
}
