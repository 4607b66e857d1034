//! What the readers of all formats share: what to read, lines of text, and batches.

use std::io::{BufRead, Read};
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::compression::decompressed;
use super::error::FormatError;
use super::schema::keys_of_owner;
use crate::config::{Codec, Format};
use crate::decode::RowBuilder;

/// Maximum number of rows per batch read from text.
const BATCH_ROWS: usize = 8_192;
/// A batch ends when this much text has been read for it, in bytes.
const BATCH_BYTES: usize = 8 << 20;
/// Maximum length of a line in bytes. A page of the API is at most 8 MiB, and escaping makes up to six bytes of one.
const LONGEST: usize = 64 << 20;

/// The part of a file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Everything,
    /// Only the ids, if the format can skip the rest.
    Ids,
    /// Only the rows with these ids, which are sorted, if the format can skip the others.
    Rows(Arc<[i64]>),
}

/// How to read texts that a file keeps in dictionaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Texts {
    /// As one text per row.
    Plain,
    /// As dictionary arrays, if the format has dictionaries: batches may differ from their schema in this.
    Dictionaries,
}

/// How to read a table.
#[derive(Debug)]
pub(crate) struct Reading {
    pub wanted: Wanted,
    pub texts: Texts,
    /// The keys of `contact_owner` in an NDJSON file where no contact has an owner.
    pub owner: Vec<String>,
}

impl Default for Reading {
    /// Reads everything, and expects all keys of the API's owners.
    fn default() -> Self {
        Self { wanted: Wanted::Everything, texts: Texts::Plain, owner: keys_of_owner() }
    }
}

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// `parquet`, `ndjson` or `csv`.
    pub format: &'static str,
    /// The compression of a text file: `none`, `gzip` or `zstd`. Parquet compresses each column by itself.
    pub codec: &'static str,
}

impl Default for Form {
    /// An empty file counts as NDJSON without lines.
    fn default() -> Self {
        Self { format: Format::Ndjson.name(), codec: Codec::None.name() }
    }
}

/// The lines of a file, read once from start to end.
pub(crate) struct Lines {
    reader: Box<dyn BufRead + Send>,
    /// The compression of the file.
    pub codec: Codec,
    /// The number of the last line read, from 1.
    number: u64,
    longest: usize,
}

impl Lines {
    pub fn open(path: &Path) -> Result<Self, FormatError> {
        let (codec, reader) = decompressed(path).map_err(|error| FormatError::io("", error))?;
        Ok(Self { reader, codec, number: 0, longest: LONGEST })
    }

    /// The next bytes, without consuming them; empty only at the end.
    pub fn peek(&mut self) -> Result<&[u8], FormatError> {
        self.reader.fill_buf().map_err(|error| FormatError::io("", error))
    }

    /// Appends the next line with its line break to `line`; false at the end of the file.
    pub fn read(&mut self, line: &mut Vec<u8>) -> Result<bool, FormatError> {
        let before = line.len();
        let room = self.longest.saturating_sub(before) as u64;
        let read = self.reader.by_ref().take(room).read_until(b'\n', line);
        read.map_err(|error| FormatError::io(&format!("line {}: ", self.number + 1), error))?;
        if line.len() >= self.longest {
            return Err(self.error(FormatError::malformed("longer than any line of an export")));
        }
        if line.len() == before {
            return Ok(false);
        }
        self.number += 1;
        Ok(true)
    }

    /// An error of the current line.
    pub fn error(&self, error: FormatError) -> FormatError {
        error.in_line(self.number.max(1))
    }
}

/// Reads rows until a batch is full or the file ends. `read_row` returns the bytes it read, or `None` at the end.
pub(super) fn next_batch(
    rows: &mut RowBuilder,
    schema: &SchemaRef,
    mut read_row: impl FnMut(&mut RowBuilder) -> Result<Option<usize>, FormatError>,
) -> Result<Option<RecordBatch>, FormatError> {
    let mut bytes = 0;
    while rows.rows() < BATCH_ROWS && bytes < BATCH_BYTES {
        let Some(read) = read_row(rows)? else { break };
        bytes += read;
    }
    if rows.rows() == 0 {
        return Ok(None);
    }
    rows.finish(schema).map(Some).map_err(FormatError::malformed)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const TEXT: &[u8] = b"one\n\ntwo\r\nthree";

    fn lines(bytes: &[u8], longest: usize) -> Result<Vec<Vec<u8>>, FormatError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let mut lines = Lines { longest, ..Lines::open(file.path())? };
        let mut all = Vec::new();
        loop {
            let mut line = Vec::new();
            if !lines.read(&mut line)? {
                assert_eq!(lines.number, all.len() as u64);
                return Ok(all);
            }
            all.push(line);
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    #[test]
    fn reads_the_same_lines_plain_and_compressed() {
        let plain = lines(TEXT, LONGEST).unwrap();
        assert_eq!(plain, [&b"one\n"[..], b"\n", b"two\r\n", b"three"]);
        let (first, second) = TEXT.split_at(6);
        for compress in [gzip, zstd] {
            assert_eq!(lines(&compress(TEXT), LONGEST).unwrap(), plain);
            assert_eq!(lines(&[compress(first), compress(second)].concat(), LONGEST).unwrap(), plain);
        }
        assert!(lines(b"", LONGEST).unwrap().is_empty());
    }

    #[test]
    fn refuses_truncated_changed_or_appended_files() {
        for compress in [gzip, zstd] {
            let whole = compress(&TEXT.repeat(100));
            for end in (4..whole.len()).step_by(3) {
                assert!(matches!(lines(&whole[..end], LONGEST), Err(FormatError::Malformed(_))), "{end}");
            }
            let followed = [&whole[..], b"and more"].concat();
            assert!(matches!(lines(&followed, LONGEST), Err(FormatError::Malformed(_))));
        }
        // gzip ends with a checksum; the zstd files of this test have none.
        let mut changed = gzip(TEXT);
        let at = changed.len() - 6;
        changed[at] ^= 1;
        assert!(matches!(lines(&changed, LONGEST), Err(FormatError::Malformed(_))));
    }

    #[test]
    fn limits_the_length_of_a_line() {
        assert!(lines(TEXT, 6).is_ok());
        let error = lines(TEXT, 5).unwrap_err().to_string();
        assert!(error.contains("longer than"), "{error}");
    }
}
