//! Output to stdout, a pipe or a device: written as it arrives, and not replaced atomically.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt, BufReader, Stdout, copy_buf};

use super::blocking::blocking;
use super::error::DestinationError;
use super::message::Piece;
use super::plan::Plan;
use super::record_file::{KnownReaders, RecordFile};
use super::write_method::was_closed;

/// The size of a copy from the temporary file.
const BUFFER: usize = 1 << 20;

/// A stream, and where its manifest goes, if anywhere.
#[derive(Debug)]
pub(crate) struct StreamDestination {
    pub name: String,
    to: Writer,
    /// A nameless temporary file that holds back all bytes until the required completeness is proven.
    held_back: Option<File>,
    manifest: Option<RecordFile>,
}

#[derive(Debug)]
enum Writer {
    File(File),
    Stdout(Stdout),
}

impl StreamDestination {
    /// Opens a pipe or a device, or stdout if there is no path.
    pub async fn open(path: Option<&Path>, plan: Plan<'_>) -> Result<Self, DestinationError> {
        let name = plan.output.to_string();
        if was_closed(path.unwrap_or(Path::new("-"))) {
            return Err(DestinationError::StreamClosed { target: name });
        }
        let to = match path {
            None => Writer::Stdout(tokio::io::stdout()),
            Some(path) => {
                let owned = path.to_owned();
                // Opening a pipe waits for its reader.
                let opened = blocking(move || OpenOptions::new().append(true).open(owned)).await;
                Writer::File(opened.map_err(|error| DestinationError::create(path, error))?.into())
            }
        };
        let unsupported =
            |reason: &str| DestinationError::Unsupported { target: name.clone(), reason: reason.to_owned() };
        if plan.has_owners {
            return Err(unsupported(
                "owners as a table need a second file; name a file or a directory, or use --owners columns",
            ));
        }
        if plan.has_kit {
            return Err(unsupported(
                "a kit refers to the exported files by name; name a file or a directory, or leave out --kit",
            ));
        }
        let held_back = if plan.holds_back {
            let created = blocking(tempfile::tempfile).await;
            Some(created.map_err(|error| DestinationError::create(&std::env::temp_dir(), error))?.into())
        } else {
            None
        };
        let manifest = match plan.manifest.map(Path::to_owned) {
            Some(path) => Some(blocking(move || RecordFile::open(&path)).await?),
            None => None,
        };
        Ok(Self { name, to, held_back, manifest })
    }

    /// Writes bytes. There is only one file, begun by `open`.
    pub async fn take(&mut self, piece: Piece) -> io::Result<()> {
        let Piece::Bytes(bytes) = piece else { return Ok(()) };
        match (&mut self.held_back, &mut self.to) {
            (Some(file), _) | (None, Writer::File(file)) => file.write_all(&bytes).await,
            (None, Writer::Stdout(stdout)) => stdout.write_all(&bytes).await,
        }
    }

    /// Writes the bytes that were held back, and flushes the stream.
    pub async fn settle(&mut self) -> io::Result<()> {
        if let Some(mut file) = self.held_back.take() {
            file.flush().await?;
            file.rewind().await?;
            let mut from = BufReader::with_capacity(BUFFER, file);
            match &mut self.to {
                Writer::File(to) => copy_buf(&mut from, to).await?,
                Writer::Stdout(to) => copy_buf(&mut from, to).await?,
            };
        }
        match &mut self.to {
            Writer::File(to) => to.flush().await,
            Writer::Stdout(to) => to.flush().await,
        }
    }

    /// Writes the manifest where it was requested.
    pub fn publish(self, manifest: &[u8]) -> Result<(), DestinationError> {
        self.manifest.map_or(Ok(()), |record| record.write(manifest, KnownReaders::Owner))
    }
}
