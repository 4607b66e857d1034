//! Bytes to fewer bytes: a file of text, compressed as a whole on its way out.
//!
//! Nothing of the run stands in what is added: no name, no time. The same bytes give the same bytes.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use zstd::stream::write::Encoder as ZstdEncoder;

use crate::config::{Codec, Compression};
use crate::destination::DestinationError;

/// The level of gzip, unless one is asked for.
const GZIP: u8 = 6;
/// The level of zstd, unless one is asked for.
const ZSTD: u8 = 3;

/// What compresses the bytes of one file.
pub(crate) enum Compressor<W: Write> {
    None(W),
    Gzip(GzEncoder<W>),
    Zstd(ZstdEncoder<'static, W>),
}

impl<W: Write> Compressor<W> {
    pub fn new(compression: Compression, out: W) -> Result<Self, DestinationError> {
        Ok(match compression.codec() {
            Codec::Gzip => {
                let level = compression.level().unwrap_or(GZIP);
                Self::Gzip(GzEncoder::new(out, flate2::Compression::new(level.into())))
            }
            Codec::Zstd => {
                let level = compression.level().unwrap_or(ZSTD);
                let mut encoder = ZstdEncoder::new(out, level.into()).map_err(|error| failed(&error))?;
                // Readers can tell a file that was damaged.
                encoder.include_checksum(true).map_err(|error| failed(&error))?;
                Self::Zstd(encoder)
            }
            // The others are Parquet's own.
            Codec::None | Codec::Snappy | Codec::Lz4 => Self::None(out),
        })
    }

    /// Passes on what is not compressed, for somebody may wait for it.
    pub fn pass_on(&mut self) -> Result<(), DestinationError> {
        match self {
            Self::None(out) => out.flush().map_err(|error| failed(&error)),
            Self::Gzip(_) | Self::Zstd(_) => Ok(()),
        }
    }

    /// Ends the file: writes its last bytes.
    pub fn finish(self) -> Result<W, DestinationError> {
        let finished = match self {
            Self::None(out) => Ok(out),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        };
        finished.map_err(|error| failed(&error))
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

fn failed(error: &io::Error) -> DestinationError {
    DestinationError::Encode { format: "compressed text", reason: error.to_string() }
}
