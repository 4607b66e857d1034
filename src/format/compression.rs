//! Compression of a text file as a whole, and decompression.
//!
//! Compressed files have neither a name nor a time in them, so that output is deterministic.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use zstd::stream::read::Decoder as ZstdDecoder;
use zstd::stream::write::Encoder as ZstdEncoder;

use crate::config::{Codec, Compression};
use crate::storage::Source;

/// The default level of gzip.
const GZIP_LEVEL: u8 = 6;
/// The default level of zstd.
const ZSTD_LEVEL: u8 = 3;

/// The first bytes of a gzip file.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// The first bytes of a zstd file.
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// The size of a read buffer.
const BUFFER: usize = 1 << 16;

/// Opens a file and decompresses it. The codec follows from the first bytes, never from the name.
pub(super) fn decompressed(path: &Path) -> io::Result<(Codec, Box<dyn BufRead + Send>)> {
    let mut file = BufReader::with_capacity(BUFFER, Source::open(path)?);
    let first = file.fill_buf()?;
    Ok(if first.starts_with(GZIP) {
        (Codec::Gzip, Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(file))))
    } else if first.starts_with(ZSTD) {
        (Codec::Zstd, Box::new(BufReader::with_capacity(BUFFER, ZstdDecoder::with_buffer(file)?)))
    } else {
        (Codec::None, Box::new(file))
    })
}

/// Compresses the bytes of one file.
pub(crate) enum Compressor<W: Write> {
    None(W),
    Gzip(GzEncoder<W>),
    Zstd(ZstdEncoder<'static, W>),
}

impl<W: Write> Compressor<W> {
    pub fn new(compression: Compression, out: W) -> io::Result<Self> {
        Ok(match compression.codec() {
            Codec::Gzip => {
                let level = compression.level().unwrap_or(GZIP_LEVEL);
                Self::Gzip(GzEncoder::new(out, flate2::Compression::new(level.into())))
            }
            Codec::Zstd => {
                let level = compression.level().unwrap_or(ZSTD_LEVEL);
                let mut encoder = ZstdEncoder::new(out, level.into())?;
                // Lets readers detect damage.
                encoder.include_checksum(true)?;
                Self::Zstd(encoder)
            }
            // The other codecs are for Parquet only.
            Codec::None | Codec::Snappy | Codec::Lz4 => Self::None(out),
        })
    }

    /// Passes uncompressed bytes on at once, because their reader may be waiting for them.
    pub fn pass_on(&mut self) -> io::Result<()> {
        match self {
            Self::None(out) => out.flush(),
            Self::Gzip(_) | Self::Zstd(_) => Ok(()),
        }
    }

    /// Writes the last bytes of the file.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Self::None(out) => Ok(out),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::None(out) => out.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::None(out) => out.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}

impl<W: Write> std::fmt::Debug for Compressor<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None(_) => "None",
            Self::Gzip(_) => "Gzip",
            Self::Zstd(_) => "Zstd",
        })
    }
}
