//! Lines of a text, plain or compressed: a file comes in, lines of bounded length go out, counted.
//!
//! What compresses it is told by its first bytes, never by its name.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::dataset::ReadbackError;

/// Bytes of a line, at most. A page of the API has 8 MiB at most, and a byte of it becomes six where it is escaped.
const LONGEST: usize = 64 << 20;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Lines of a file that is read to its end once.
pub(crate) struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead + Send>,
    /// How it is compressed.
    pub codec: &'static str,
    /// The number of the line that was read last, from 1.
    pub number: u64,
    longest: usize,
}

impl Lines {
    /// The lines of a file.
    pub fn open(path: &Path) -> Result<Self, ReadbackError> {
        let failed = |error| ReadbackError::io(path, "", error);
        let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(failed)?);
        let first = file.fill_buf().map_err(failed)?;
        let (codec, reader): (_, Box<dyn BufRead + Send>) = if first.starts_with(GZIP) {
            ("gzip", Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file))))
        } else if first.starts_with(ZSTD) {
            let decoder = zstd::stream::read::Decoder::with_buffer(file).map_err(failed)?;
            ("zstd", Box::new(BufReader::with_capacity(1 << 16, decoder)))
        } else {
            ("none", Box::new(file))
        };
        Ok(Self { path: path.to_owned(), reader, codec, number: 0, longest: LONGEST })
    }

    /// Whether what comes next begins with these bytes.
    pub fn begin_with(&mut self, bytes: &[u8]) -> Result<bool, ReadbackError> {
        let next = self.reader.fill_buf().map_err(|error| ReadbackError::io(&self.path, "", error))?;
        Ok(next.starts_with(bytes))
    }

    /// Whether nothing comes next.
    pub fn are_over(&mut self) -> Result<bool, ReadbackError> {
        let next = self.reader.fill_buf().map_err(|error| ReadbackError::io(&self.path, "", error))?;
        Ok(next.is_empty())
    }

    /// Appends the next line with its end to `line`; false at the end of the file.
    pub fn read(&mut self, line: &mut Vec<u8>) -> Result<bool, ReadbackError> {
        let before = line.len();
        let room = self.longest.saturating_sub(before) as u64;
        let place = |number: u64| format!("line {}: ", number + 1);
        let read = self.reader.by_ref().take(room).read_until(b'\n', line);
        read.map_err(|error| ReadbackError::io(&self.path, &place(self.number), error))?;
        if line.len() >= self.longest {
            return Err(self.wrong("it is longer than any that this program writes"));
        }
        if line.len() == before {
            return Ok(false);
        }
        self.number += 1;
        Ok(true)
    }

    /// That the line under way is no line of a table.
    pub fn wrong(&self, reason: &str) -> ReadbackError {
        ReadbackError::malformed(&self.path, format_args!("line {}: {reason}", self.number.max(1)))
    }

    /// That the line that was read last has other columns than it should.
    pub fn other_columns(&self, reason: &str) -> ReadbackError {
        ReadbackError::columns(&self.path, format_args!("line {}: {reason}", self.number))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const TEXT: &[u8] = b"one\n\ntwo\r\nthree";

    fn lines(bytes: &[u8], longest: usize) -> Result<Vec<Vec<u8>>, ReadbackError> {
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
    fn lines_are_the_same_plain_and_compressed_in_one_piece_or_two() {
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
    fn what_is_cut_changed_or_followed_by_something_is_malformed() {
        for compress in [gzip, zstd] {
            let whole = compress(&TEXT.repeat(100));
            for end in (4..whole.len()).step_by(3) {
                assert!(matches!(lines(&whole[..end], LONGEST), Err(ReadbackError::Malformed { .. })), "{end}");
            }
            let followed = [&whole[..], b"and more"].concat();
            assert!(matches!(lines(&followed, LONGEST), Err(ReadbackError::Malformed { .. })));
        }
        // gzip ends with a checksum; what zstd makes here has none.
        let mut changed = gzip(TEXT);
        let at = changed.len() - 6;
        changed[at] ^= 1;
        assert!(matches!(lines(&changed, LONGEST), Err(ReadbackError::Malformed { .. })));
    }

    #[test]
    fn no_line_takes_the_memory() {
        assert!(lines(TEXT, 6).is_ok());
        let error = lines(TEXT, 5).unwrap_err().to_string();
        assert!(error.contains("longer than any"), "{error}");
    }
}
