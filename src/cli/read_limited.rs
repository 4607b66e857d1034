//! Reads input files of limited size, on a thread that may block.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use secrecy::zeroize::Zeroizing;

/// The bytes of a file, at most `most`. On a separate thread, since a pipe may block while signals must be handled.
pub async fn read(path: &Path, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || limited(File::open(path)?, most)).await;
    read.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// The bytes of a source, at most `most`, in memory that is zeroed on drop and not moved before.
pub fn limited(from: impl Read, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(most + 1));
    from.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        let reason = format!("larger than {} KiB", most >> 10);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_source_is_refused() {
        assert_eq!(**limited(&b"key"[..], 3).unwrap(), b"key"[..]);
        let error = limited(io::repeat(b'k'), 2 << 10).unwrap_err();
        assert!(error.to_string().contains("larger than 2 KiB"), "{error}");
    }
}
