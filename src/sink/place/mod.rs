//! Where bytes go: a file that appears when it is whole, something written straight, or standard output.
//!
//! Bytes come in; `commit` publishes them, with the manifest. A place that is dropped uncommitted leaves
//! nothing behind but the lock's file: what stood under the file's name stays.

mod file;
mod lock;
mod names;

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, Stdout};

use file::FilePlace;
use lock::Lock;

pub(crate) use file::Left;
pub(crate) use lock::is_held;
pub(crate) use names::Names;

use super::{Piece, SinkError};
use crate::config::{Below, ExportConfig, FileMode, OutFile, Output};
use crate::draft::{Draft, Mode};
use crate::proof::Require;

/// An output under way.
#[derive(Debug)]
pub(crate) struct Place {
    out: Out,
    publishing: Publishing,
}

/// What takes the bytes.
#[derive(Debug)]
enum Out {
    File(File),
    Stdout(Stdout),
    /// A nameless file that holds everything back, until it is known to be fit for what comes behind it.
    Spool {
        spool: File,
        then: Box<Out>,
    },
}

impl Out {
    async fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) | Self::Spool { spool: file, .. } => file.write_all(piece).await,
            Self::Stdout(stdout) => stdout.write_all(piece).await,
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush().await,
            Self::Stdout(stdout) => stdout.flush().await,
            Self::Spool { spool, then } => {
                spool.flush().await?;
                spool.rewind().await?;
                let mut piece = vec![0; PIECE];
                loop {
                    match spool.read(&mut piece).await? {
                        0 => return Box::pin(then.flush()).await,
                        length => Box::pin(then.write(&piece[..length])).await?,
                    }
                }
            }
        }
    }
}

/// Bytes that leave a spool at once.
const PIECE: usize = 1 << 20;

/// What is done when all bytes are written.
#[derive(Debug)]
enum Publishing {
    /// The file gets its name, and its manifest.
    File(Box<FilePlace>),
    /// Nothing more: a device or a pipe cannot be replaced. Its manifest goes where one was asked for.
    Straight { name: String, manifest: Option<Draft> },
}

impl Place {
    /// Opens the place, so that an output that cannot be made is known before anything is asked of the
    /// server. `waiting` is called when another run has the target, and is waited for.
    pub async fn open(config: &ExportConfig, waiting: impl FnOnce()) -> Result<(Self, Left), SinkError> {
        match &config.output {
            Output::Folder { path, .. } => Err(SinkError::create(path, io::ErrorKind::Unsupported.into())),
            Output::Stdout => Self::straight(Out::Stdout(tokio::io::stdout()), config).await,
            Output::File(path) => {
                let create = |error| SinkError::create(path, error);
                match fs::metadata(path) {
                    Ok(metadata) if metadata.is_dir() => Err(create(io::ErrorKind::IsADirectory.into())),
                    Ok(metadata) if !metadata.is_file() || is_own_stream(path) => {
                        let path = path.clone();
                        // Opening a pipe waits for its reader.
                        let file = blocking(move || fs::OpenOptions::new().append(true).open(path)).await;
                        Self::straight(Out::File(file.map_err(create)?.into()), config).await
                    }
                    Ok(_) => Self::file(path, config, waiting).await,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Self::file(path, config, waiting).await,
                    Err(error) => Err(create(error)),
                }
            }
        }
    }

    async fn file(path: &Path, config: &ExportConfig, waiting: impl FnOnce()) -> Result<(Self, Left), SinkError> {
        let create = |error| SinkError::create(path, error);
        if config.manifest.is_some() {
            return Err(SinkError::ManifestElsewhere { target: path.to_owned() });
        }
        let names = Names::of(path).map_err(create)?;
        let wait = config.wait_lock.unwrap_or(Duration::ZERO);
        let lock =
            Lock::take(&names, wait, waiting).await.map_err(|error| match fs::symlink_metadata(&names.lock) {
                Ok(_) => SinkError::Lock { path: names.lock.clone(), error },
                // The folder is at fault, and the output could not be made either.
                Err(_) => create(error),
            })?;
        let lock = lock.ok_or_else(|| SinkError::Locked { target: path.to_owned() })?;
        let mode = config.mode.map(FileMode::bits);
        let begun = blocking(move || {
            let (place, left) = FilePlace::begin(names, mode, lock)?;
            Ok((place.writer()?, place, left))
        });
        let (writer, place, left) = begun.await.map_err(create)?;
        Ok((Self { out: Out::File(writer.into()), publishing: Publishing::File(Box::new(place)) }, left))
    }

    async fn straight(out: Out, config: &ExportConfig) -> Result<(Self, Left), SinkError> {
        // What was written cannot be taken back: where a proof is required, it waits for it.
        let out = if config.contacts.required() >= Require::Complete && config.below == Below::Discard {
            let spool =
                blocking(tempfile::tempfile).await.map_err(|error| SinkError::create(&std::env::temp_dir(), error))?;
            Out::Spool { spool: spool.into(), then: Box::new(out) }
        } else {
            out
        };
        let manifest = match config.manifest.clone() {
            Some(path) => {
                let begin = {
                    let path = path.clone();
                    move || if path.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Draft::begin(&path) }
                };
                Some(blocking(begin).await.map_err(|error| SinkError::create(&path, error))?)
            }
            None => None,
        };
        let publishing = Publishing::Straight { name: config.output.to_string(), manifest };
        Ok((Self { out, publishing }, Left::Nothing))
    }

    /// Takes a piece: writes all its bytes.
    pub async fn take(&mut self, piece: Piece) -> Result<(), SinkError> {
        let taken = match piece {
            // There is only this file.
            Piece::Begin(OutFile::Part(0)) => Ok(()),
            Piece::Begin(_) => Err(io::ErrorKind::Unsupported.into()),
            Piece::Bytes(bytes) => self.out.write(&bytes).await,
        };
        taken.map_err(|error| self.failed(error))
    }

    /// Puts all that was written where it cannot be lost, though not yet under its name.
    pub async fn settle(mut self) -> Result<Settled, SinkError> {
        let flushed = self.out.flush().await;
        flushed.map_err(|error| self.failed(error))?;
        match self.publishing {
            Publishing::File(place) => {
                let target = place.target().display().to_string();
                let settled = match place.settling() {
                    // A thread that held the place would leave its draft, where the process ends first.
                    Ok(settling) => blocking(settling).await,
                    Err(error) => Err(error),
                };
                settled.map_err(|error| SinkError::Write { target, error })?;
                Ok(Settled(Publishing::File(place)))
            }
            straight @ Publishing::Straight { .. } => Ok(Settled(straight)),
        }
    }

    fn failed(&self, error: io::Error) -> SinkError {
        let target = match &self.publishing {
            Publishing::Straight { .. } if error.kind() == io::ErrorKind::BrokenPipe => return SinkError::ReaderGone,
            Publishing::Straight { name, .. } => name.clone(),
            Publishing::File(place) => place.target().display().to_string(),
        };
        SinkError::Write { target, error }
    }
}

/// An output that is written to its end.
#[derive(Debug)]
pub(crate) struct Settled(Publishing);

impl Settled {
    /// Publishes: from then on the file stands under its name, whole, even if the machine stops. Once
    /// begun, it is not to be stopped.
    pub async fn publish(self, manifest: Vec<u8>) -> Result<(), SinkError> {
        let publish = move || match self.0 {
            Publishing::File(place) => place.publish(&manifest),
            Publishing::Straight { manifest: None, .. } => Ok(()),
            Publishing::Straight { manifest: Some(mut draft), .. } => {
                let target = draft.target().display().to_string();
                let written =
                    draft.write(&manifest).and_then(|()| draft.settle(Mode::KEPT)).and_then(|()| draft.publish());
                written.map_err(|error| SinkError::Write { target, error })
            }
        };
        blocking(move || Ok(publish()))
            .await
            .map_err(|error| SinkError::Write { target: "the output".into(), error })?
    }
}

/// Whether a path names a stream that this process was started with. Behind it may be a file, which is
/// somebody else's to replace.
fn is_own_stream(path: &Path) -> bool {
    ["/dev/stdout", "/dev/stderr"].iter().any(|stream| path == Path::new(stream))
        || ["/dev/fd", "/proc"].iter().any(|folder| path.starts_with(folder))
}

/// Runs what may block on a thread that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(io::Error::other(error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures::FutureExt;

    use super::*;
    use crate::config::{BaseUrl, ContactsConfig, Format, PlainHttp, Token};

    #[test]
    fn a_place_that_is_dropped_while_the_disk_takes_its_time_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let base_url = BaseUrl::parse(BaseUrl::PRODUCTION, PlainHttp::Loopback).unwrap();
        let contacts = ContactsConfig::new(base_url, Token::new("t").unwrap());
        let config = ExportConfig::new(contacts, Output::File(home.path().join("c.ndjson")), Format::Ndjson);
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let (place, _) = Place::open(&config, || ()).await.unwrap();
            // The only thread for such work is busy: the syncing waits behind it.
            let (free, busy) = mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || busy.recv().is_err());
            // Polled once, and dropped.
            assert!(place.settle().now_or_never().is_none());
            let left = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name());
            assert_eq!(left.collect::<Vec<_>>(), [".c.ndjson.lock"]);
            drop(free);
            assert!(busy.await.unwrap());
        });
    }
}
