//! Small files for machines besides the output: the report, the metrics, the manifest of a stream.
//!
//! Each is opened before the run, so that one that cannot be written is known then, and written at its end: whole or not
//! at all, unless it is a mount point, a device or a pipe.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::DestinationError;
use super::write_method::{self, WriteMethod};
use crate::atomic::{Mode, TemporaryFile, write_whole};
use crate::platform;

/// The most that is read of what a record had before; none of ours is longer.
const LONGEST: u64 = 1 << 20;

/// Who may read a file that was not there before; one of this user's keeps its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownReaders {
    /// Its owner.
    Owner,
    /// Everybody on the machine.
    Everybody,
}

/// A record that can be written when the run has ended.
#[derive(Debug)]
pub struct RecordFile {
    /// As the operator named it.
    named: PathBuf,
    opened: Opened,
}

#[derive(Debug)]
enum Opened {
    /// Nothing yet: a new file is renamed to this.
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
    /// Opens a record; `-` is standard output. Nothing of what is there is changed.
    ///
    /// # Errors
    /// If it could not be written in the end: it is a directory, say, or nothing reads from the pipe that it is.
    pub fn open(path: &Path) -> Result<Self, DestinationError> {
        if write_method::was_closed(path) {
            return Err(DestinationError::StreamClosed { target: path.display().to_string() });
        }
        let opened = Opened::at(path).map_err(|error| DestinationError::create(path, error))?;
        Ok(Self { named: path.to_owned(), opened })
    }

    /// Where it goes, as it was named.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.named
    }

    /// What an earlier run wrote there, if that can be read back.
    #[must_use]
    pub fn earlier(&self) -> Option<String> {
        let (Opened::New(target) | Opened::InPlace { target, .. }) = &self.opened else { return None };
        let mut text = String::new();
        platform::open_regular(target).ok()?.take(LONGEST + 1).read_to_string(&mut text).ok()?;
        Some(text).filter(|text| text.len() as u64 <= LONGEST)
    }

    /// Whether it can be opened again after it was written, and take the place of what it said: not in a pipe.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        matches!(self.opened, Opened::New(_) | Opened::InPlace { .. })
    }

    /// Writes the record.
    ///
    /// # Errors
    /// If it cannot be written. What was there is untouched then, unless nothing could take its place.
    pub fn write(self, bytes: &[u8], readers: KnownReaders) -> Result<(), DestinationError> {
        let Self { named, opened } = self;
        let is_stdout = matches!(opened, Opened::Stdout);
        opened.write(bytes, readers).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe if is_stdout => DestinationError::ReaderGone,
            _ => DestinationError::Write { target: named.display().to_string(), error },
        })
    }
}

impl Opened {
    fn at(path: &Path) -> io::Result<Self> {
        // Where they were opened by another user, they can be written to and not opened again.
        match path.to_str() {
            Some("-" | "/dev/stdout") => return Ok(Self::Stdout),
            Some("/dev/stderr") => return Ok(Self::Stderr),
            _ => {}
        }
        match WriteMethod::to(path)? {
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
                write_whole(&target, bytes, Mode::Kept { like: None, new })
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
