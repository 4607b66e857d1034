//! SHA-256 checksums in hexadecimal, as in manifests.

use std::fmt::Write;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::storage::Source;

/// The size of a read.
const BUFFER: usize = 1 << 20;

/// The checksum and the number of bytes, computed incrementally.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checksum {
    hash: Sha256,
    bytes: u64,
}

impl Checksum {
    /// Adds bytes.
    pub fn update(&mut self, piece: &[u8]) {
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
    }

    /// The number of bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The checksum as 64 hexadecimal digits.
    pub fn digits(self) -> String {
        self.hash.finalize().iter().fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    }

    /// The checksum of a file.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        let mut file = Source::open_regular(path)?;
        let mut checksum = Self::default();
        let mut buffer = vec![0; BUFFER];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(checksum),
                read => checksum.update(&buffer[..read]),
            }
        }
    }
}

/// The checksum of these bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut checksum = Checksum::default();
    checksum.update(bytes);
    checksum.digits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computes_sha_256() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
