//! Bytes to fewer bytes: a file of text, compressed as a whole on its way out.
//!
//! Nothing of the run stands in what is added: no name, no time. The same bytes give the same bytes.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use zstd::stream::write::Encoder as ZstdEncoder;

use super::SinkError;
use crate::config::{Codec, Compression};

/// The level of gzip, unless one is asked for.
const GZIP: u8 = 6;
/// The level of zstd, unless one is asked for.
const ZSTD: u8 = 3;

/// What compresses the bytes of one file.
pub(super) enum Compressor {
    None,
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(ZstdEncoder<'static, Vec<u8>>),
}

impl Compressor {
    pub fn new(compression: Compression) -> Result<Self, SinkError> {
        Ok(match compression.codec() {
            Codec::Gzip => {
                let level = compression.level().unwrap_or(GZIP);
                Self::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::new(level.into())))
            }
            Codec::Zstd => {
                let level = compression.level().unwrap_or(ZSTD);
                let mut encoder = ZstdEncoder::new(Vec::new(), level.into()).map_err(|error| failed(&error))?;
                // Readers can tell a file that was damaged.
                encoder.include_checksum(true).map_err(|error| failed(&error))?;
                Self::Zstd(encoder)
            }
            // The others are Parquet's own.
            Codec::None | Codec::Snappy | Codec::Lz4 => Self::None,
        })
    }

    /// Takes bytes; returns those that are ready.
    pub fn take(&mut self, bytes: Vec<u8>) -> Result<Vec<u8>, SinkError> {
        match self {
            Self::None => Ok(bytes),
            Self::Gzip(encoder) => {
                encoder.write_all(&bytes).map_err(|error| failed(&error))?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Self::Zstd(encoder) => {
                encoder.write_all(&bytes).map_err(|error| failed(&error))?;
                Ok(std::mem::take(encoder.get_mut()))
            }
        }
    }

    /// Ends the file; returns its last bytes.
    pub fn finish(self) -> Result<Vec<u8>, SinkError> {
        match self {
            Self::None => Ok(Vec::new()),
            Self::Gzip(encoder) => encoder.finish().map_err(|error| failed(&error)),
            Self::Zstd(encoder) => encoder.finish().map_err(|error| failed(&error)),
        }
    }
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Gzip(_) => "Gzip",
            Self::Zstd(_) => "Zstd",
        })
    }
}

fn failed(error: &io::Error) -> SinkError {
    SinkError::Encode { format: "compressed text", reason: error.to_string() }
}
