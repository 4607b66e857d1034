//! The messages from the encoder to the destination.

use bytes::Bytes;

use crate::config::OutFile;

/// A message from the encoder.
#[derive(Debug)]
pub(crate) enum Piece {
    /// The following bytes belong to this file. The first file is always part 0.
    Begin(OutFile),
    /// The next bytes of the file.
    Bytes(Bytes),
}
