//! Small files besides the output: the report, the metrics, the manifest of a stream.
//!
//! Each is opened before the run, so that one that cannot be written is known early, and written at its end: atomically,
//! unless it is a mount point, a device or a pipe.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::error::DestinationError;
use super::write_method::{WriteMethod, was_closed};
use crate::atomic::{Mode, TemporaryFile, write_as};
use crate::platform;

/// The maximum size of an earlier record; those of this program are smaller.
const MAX_SIZE: u64 = 1 << 20;

/// Who can read a new file; an existing file of this user keeps its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownReaders {
    /// Its owner.
    Owner,
    /// All users of the machine.
    Everybody,
}

/// A record that is written at the end of the run.
#[derive(Debug)]
pub struct RecordFile {
    /// The path as given.
    named: PathBuf,
    opened: Opened,
}

#[derive(Debug)]
enum Opened {
    /// A new file is renamed to this.
    New(PathBuf),
    /// A file that is a mount point.
    InPlace {
        target: PathBuf,
        file: File,
    },
    /// A device or a pipe.
    Stream(File),
    Stdout,
    Stderr,
}

impl RecordFile {
    /// Opens a record; `-` is stdout. An existing file is not changed.
    ///
    /// # Errors
    /// If it could not be written: for example, if it is a directory, or a pipe without a reader.
    pub fn open(path: &Path) -> Result<Self, DestinationError> {
        if was_closed(path) {
            return Err(DestinationError::StreamClosed { target: path.display().to_string() });
        }
        let opened = Opened::at(path).map_err(|error| DestinationError::create(path, error))?;
        Ok(Self { named: path.to_owned(), opened })
    }

    /// Its path, as given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.named
    }

    /// The record of an earlier run, if it can be read.
    #[must_use]
    pub fn earlier(&self) -> Option<String> {
        let (Opened::New(target) | Opened::InPlace { target, .. }) = &self.opened else { return None };
        let mut text = String::new();
        platform::open_regular(target).ok()?.take(MAX_SIZE + 1).read_to_string(&mut text).ok()?;
        Some(text).filter(|text| text.len() as u64 <= MAX_SIZE)
    }

    /// Whether it can be opened and written again, replacing the first record: not if it is a pipe.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        matches!(self.opened, Opened::New(_) | Opened::InPlace { .. })
    }

    /// Writes the record.
    ///
    /// # Errors
    /// If it cannot be written. An earlier record is then unchanged, unless it was written in place.
    pub fn write(self, bytes: &[u8], readers: KnownReaders) -> Result<(), DestinationError> {
        let Self { named, opened } = self;
        let is_stdout = matches!(opened, Opened::Stdout);
        opened.write(bytes, readers).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe if is_stdout => DestinationError::ReaderGone,
            _ => DestinationError::write(&named, error),
        })
    }
}

impl Opened {
    fn at(path: &Path) -> io::Result<Self> {
        // If another user opened these streams, they can be written to but not opened again.
        match path.to_str() {
            Some("-" | "/dev/stdout") => return Ok(Self::Stdout),
            Some("/dev/stderr") => return Ok(Self::Stderr),
            _ => {}
        }
        match WriteMethod::of(path)? {
            WriteMethod::Stream => platform::open_stream(path).map(Self::Stream),
            WriteMethod::InPlace(target) => {
                let file = OpenOptions::new().write(true).open(&target)?;
                Ok(Self::InPlace { target, file })
            }
            WriteMethod::Rename(target) => {
                platform::check_replaceable(&target)?;
                TemporaryFile::begin(&target)?;
                Ok(Self::New(target))
            }
        }
    }

    fn write(self, bytes: &[u8], readers: KnownReaders) -> io::Result<()> {
        match self {
            Self::New(target) => {
                let new = match readers {
                    KnownReaders::Owner => 0o600,
                    KnownReaders::Everybody => 0o644,
                };
                write_as(&target, &target, bytes, Mode::Kept { like: None, new })
            }
            Self::InPlace { mut file, .. } => {
                file.set_len(0)?;
                file.rewind()?;
                file.write_all(bytes)?;
                file.sync_all()
            }
            Self::Stream(mut file) => file.write_all(bytes),
            Self::Stdout => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()),
            Self::Stderr => io::stderr().write_all(bytes),
        }
    }
}
