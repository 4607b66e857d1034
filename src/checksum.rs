//! SHA-256, as the digits that manifests hold.

use std::fmt::Write;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::platform;

/// Bytes of a file that are read at once.
const PIECE: usize = 1 << 20;

/// What bytes come to, taken piece by piece.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checksum {
    hash: Sha256,
    bytes: u64,
}

impl Checksum {
    /// Takes a piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
    }

    /// Bytes taken.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The digest: 64 hexadecimal digits.
    pub fn digits(self) -> String {
        self.hash.finalize().iter().fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a String cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    }

    /// The digest of a file's content.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        let mut file = platform::open_regular(path)?;
        let mut checksum = Self::default();
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(checksum),
                read => checksum.update(&piece[..read]),
            }
        }
    }
}

/// The digits of all these bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut checksum = Checksum::default();
    checksum.update(bytes);
    checksum.digits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha_256() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
