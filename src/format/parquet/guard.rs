//! Protection against damaged files, on which the parquet crate may panic or allocate the length that a file claims.
//!
//! A panic becomes an ordinary error, and nothing is printed. A length beyond the end of the file is an error.

use std::cell::Cell;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::Once;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

use crate::format::error::FormatError;
use crate::storage::Source;

thread_local! {
    /// Whether a panic of this thread is caught and reported as an error.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Reads from a file that may be damaged in any way. What `read` borrows must not be used after an error.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, FormatError>) -> Result<T, FormatError> {
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
    // The message of a panic is for developers, and may show a value.
    result.unwrap_or_else(|_| Err(FormatError::malformed("damaged file")))
}

/// A file that is never read, and no memory allocated for it, beyond its end.
#[derive(Debug)]
pub(crate) struct Bounded {
    file: Source,
    bytes: u64,
}

impl Bounded {
    pub fn open(path: &Path) -> Result<Self, FormatError> {
        let failed = |error| FormatError::io("", error);
        let file = Source::open(path).map_err(failed)?;
        let bytes = file.size().map_err(failed)?;
        Ok(Self { file, bytes })
    }
}

impl Length for Bounded {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Bounded {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(self.file.read_from(start)?)
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.bytes) {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} of a file of {}", self.bytes)));
        }
        Ok(self.file.read_at(start, length)?)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn turns_a_panic_into_an_error() {
        let read = |panics: bool| guarded(|| if panics { panic!("a value: secret") } else { Ok(1) });
        let error = read(true).unwrap_err();
        assert!(matches!(&error, FormatError::Malformed(reason) if !reason.contains("secret")), "{error}");
        assert_eq!(read(false).unwrap(), 1);
        assert!(!IS_CAUGHT.get());
    }

    #[test]
    fn refuses_lengths_beyond_the_end_of_the_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"0123456789").unwrap();
        let bounded = Bounded::open(file.path()).unwrap();
        assert_eq!(&*bounded.get_bytes(3, 7).unwrap(), b"3456789");
        for (start, length) in [(3, 8), (11, 0), (0, usize::MAX), (u64::MAX, 1), (0, 1 << 50)] {
            assert!(matches!(bounded.get_bytes(start, length), Err(ParquetError::EOF(_))), "{start} {length}");
        }
    }
}
