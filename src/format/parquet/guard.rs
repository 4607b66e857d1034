//! The edge of the parquet crate, which panics on some damaged files, and reserves memory for lengths that others claim.
//!
//! A panic becomes an error like any other, and nothing is printed for it. A length is believed only as far as the file
//! goes.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::Once;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

use crate::dataset::ReadbackError;

thread_local! {
    /// Whether a panic of this thread is caught, and told by an error.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Reads what a file holds, whose bytes may be damaged in any way. What `read` borrows must not be used after an error.
pub(crate) fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, ReadbackError>) -> Result<T, ReadbackError> {
    HOOK.call_once(|| {
        let next = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_CAUGHT.get() {
                next(panic);
            }
        }));
    });
    let before = IS_CAUGHT.replace(true);
    let result = catch_unwind(AssertUnwindSafe(read));
    IS_CAUGHT.set(before);
    // What a panic says is for programmers, and may show a value.
    result.unwrap_or_else(|_| Err(ReadbackError::malformed(path, "it is damaged in a way that no reader foresees")))
}

/// A file whose size is known: nothing beyond its end is read, or reserved.
#[derive(Debug)]
pub(crate) struct Bounded {
    file: File,
    bytes: u64,
}

impl Bounded {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, ReadbackError> {
        let failed = |error| ReadbackError::io(path, "", error);
        let file = File::open(path).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        Ok(Self { file, bytes })
    }
}

impl Length for Bounded {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Bounded {
    type T = BufReader<File>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Ok(BufReader::new(file))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.bytes) {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} of a file of {}", self.bytes)));
        }
        self.file.get_bytes(start, length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_panic_is_an_error_of_the_file() {
        let read =
            |panics: bool| guarded(Path::new("c.parquet"), || if panics { panic!("a value: secret") } else { Ok(1) });
        let error = read(true).unwrap_err().to_string();
        assert!(error.starts_with("c.parquet cannot be read: ") && !error.contains("secret"), "{error}");
        assert_eq!(read(false).unwrap(), 1);
        assert!(!IS_CAUGHT.get());
    }

    #[test]
    fn no_length_beyond_the_end_is_believed() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"0123456789").unwrap();
        let bounded = Bounded::open(file.path()).unwrap();
        assert_eq!(&*bounded.get_bytes(3, 7).unwrap(), b"3456789");
        for (start, length) in [(3, 8), (11, 0), (0, usize::MAX), (u64::MAX, 1), (0, 1 << 50)] {
            assert!(matches!(bounded.get_bytes(start, length), Err(ParquetError::EOF(_))), "{start} {length}");
        }
    }
}
