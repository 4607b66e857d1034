//! Where bytes go: a file that appears when it is whole, something written straight, or standard output.
//!
//! Bytes come in; `commit` publishes them. A place that is dropped uncommitted leaves nothing behind:
//! what stood under the file's name stays.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, Stdout};

use super::SinkError;
use crate::config::Output;

/// An output under way.
#[derive(Debug)]
pub(crate) enum Place {
    /// A file, written beside its target under another name.
    File { file: File, temporary: TempPath, target: PathBuf },
    /// A device or a pipe, which cannot be replaced.
    Straight { file: File, target: PathBuf },
    /// Standard output.
    Stdout(Stdout),
}

impl Place {
    /// Opens the place, so that an output that cannot be made is known before anything is asked of the server.
    pub fn create(output: &Output) -> Result<Self, SinkError> {
        match output {
            Output::Stdout => Ok(Self::Stdout(tokio::io::stdout())),
            Output::File(path) => {
                Self::create_file(path).map_err(|error| SinkError::Create { path: path.clone(), error })
            }
        }
    }

    fn create_file(path: &Path) -> io::Result<Self> {
        let target = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(metadata) if !metadata.is_file() => {
                let file = fs::OpenOptions::new().write(true).open(path)?.into();
                return Ok(Self::Straight { file, target: path.to_owned() });
            }
            // A symbolic link stays: what it points to is replaced.
            Ok(_) => path.canonicalize()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(error),
        };
        let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy().into_owned();
        // Mode 0600, as tempfile makes it: contacts are nobody else's business.
        let temporary =
            tempfile::Builder::new().prefix(&format!(".{name}.")).suffix(".tmp").tempfile_in(folder(&target))?;
        let (file, temporary) = temporary.into_parts();
        Ok(Self::File { file: file.into(), temporary, target })
    }

    /// Writes all bytes of a piece.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), SinkError> {
        let written = match self {
            Self::File { file, .. } | Self::Straight { file, .. } => file.write_all(&piece).await,
            Self::Stdout(stdout) => stdout.write_all(&piece).await,
        };
        written.map_err(|error| self.failed(error))
    }

    /// Publishes what was written: from then on it stands under its name, whole, even if the machine stops.
    pub async fn commit(mut self) -> Result<(), SinkError> {
        let flushed = match &mut self {
            Self::File { file, .. } => file.sync_all().await,
            Self::Straight { file, .. } => file.flush().await,
            Self::Stdout(stdout) => stdout.flush().await,
        };
        flushed.map_err(|error| self.failed(error))?;
        if let Self::File { temporary, target, .. } = self {
            publish(temporary, &target)
                .map_err(|error| SinkError::Write { target: target.display().to_string(), error })?;
        }
        Ok(())
    }

    fn failed(&self, error: io::Error) -> SinkError {
        let target = match self {
            Self::Stdout(_) if error.kind() == io::ErrorKind::BrokenPipe => return SinkError::ReaderGone,
            Self::Stdout(_) => Output::Stdout.to_string(),
            Self::File { target, .. } | Self::Straight { target, .. } => target.display().to_string(),
        };
        SinkError::Write { target, error }
    }
}

fn publish(temporary: TempPath, target: &Path) -> io::Result<()> {
    temporary.persist(target)?;
    // The new name is on disk only when the folder is; Windows cannot open one.
    if cfg!(unix) { fs::File::open(folder(target))?.sync_all() } else { Ok(()) }
}

/// The folder a file stands in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
