//! Files that a run is told to read: bounded, and on a thread that may block.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use secrecy::zeroize::Zeroizing;

/// The bytes of a file, if there are at most `most`. A pipe may let it wait, and signals are to be heard meanwhile.
pub async fn read(path: &Path, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || limited(File::open(path)?, most)).await;
    read.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// The bytes of a source, if there are at most `most`: in memory that is zeroed when it is dropped, and not moved before.
pub fn limited(from: impl Read, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(most + 1));
    from.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        let reason = format!("it is longer than {} KiB", most >> 10);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_without_end_is_refused() {
        assert_eq!(**limited(&b"key"[..], 3).unwrap(), b"key"[..]);
        let error = limited(io::repeat(b'k'), 2 << 10).unwrap_err();
        assert!(error.to_string().contains("longer than 2 KiB"), "{error}");
    }
}
